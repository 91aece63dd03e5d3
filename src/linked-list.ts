/** An entry of a list that it has not been removed from. */
export interface Entry<Value> {
  readonly value: Value;
}

interface Linked<Value> extends Entry<Value> {
  previous: Linked<Value> | undefined;
  next: Linked<Value> | undefined;
  isListed: boolean;
}

/**
 * What comes and goes with requests, in the order in which it came.
 *
 * In a Set or Map that lives as long as the process it would stay: V8 replaces the table of one that things come into and go
 * from again and again, and each table it has outgrown points to the next. Once the garbage collector has moved one of
 * them to the old generation, all that was in any of those after it is kept, and copied, until a full collection: half of what
 * the gateway allocated, and pauses of 20 ms.
 */
export class LinkedList<Value> {
  #first: Linked<Value> | undefined;
  #last: Linked<Value> | undefined;

  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  get first(): Value | undefined {
    return this.#first?.value;
  }

  /** At the end. What it answers with removes the value. */
  add(value: Value): Entry<Value> {
    const entry: Linked<Value> = { value, previous: this.#last, next: undefined, isListed: true };
    if (this.#last === undefined) this.#first = entry;
    else this.#last.next = entry;
    this.#last = entry;
    return entry;
  }

  /** An entry of this list; does nothing if it has been removed. */
  remove(entry: Entry<Value>): void {
    const linked = entry as Linked<Value>;
    if (!linked.isListed) return;
    const { previous, next } = linked;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    linked.isListed = false;
    // An old entry must not keep younger ones.
    linked.previous = undefined;
    linked.next = undefined;
  }

  /** Removes the first; undefined if there is none. */
  shift(): Value | undefined {
    const first = this.#first;
    if (first !== undefined) this.remove(first);
    return first?.value;
  }

  /** As they are now, whatever is removed meanwhile. */
  values(): Value[] {
    const values: Value[] = [];
    for (let entry = this.#first; entry !== undefined; entry = entry.next) values.push(entry.value);
    return values;
  }
}
