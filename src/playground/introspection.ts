interface InputValue {
  defaultValue?: string | null;
  type: { kind: string; ofType?: InputValue['type'] | null };
}

interface SchemaType {
  inputFields?: InputValue[] | null;
  fields?: { args: InputValue[] }[] | null;
}

/**
 * The editor asks for every non-null input, though one with a default may be left out, and underlines variables that
 * are right. So the types of such inputs are shown as nullable, which is what they are to who writes a query. Answers
 * other than introspection stay as they are.
 */
export function relaxDefaults<Answer extends { data?: unknown }>(answer: Answer): Answer {
  const schema = (answer.data as { __schema?: { types?: SchemaType[] } } | null | undefined)?.__schema;
  for (const { inputFields, fields } of schema?.types ?? []) {
    for (const input of [...(inputFields ?? []), ...(fields ?? []).flatMap((field) => field.args ?? [])]) {
      const isOptional = input.defaultValue !== undefined && input.defaultValue !== null;
      if (isOptional && input.type.kind === 'NON_NULL' && input.type.ofType) input.type = input.type.ofType;
    }
  }
  return answer;
}
