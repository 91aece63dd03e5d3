import { AppError } from '../errors.js';
import { type DeviceReport, parseDeviceRecord, type RecordOptions } from './device-record.js';
import { type RawRecord, splitRecords } from './split-records.js';

/** A record that can be sent, or why it cannot, with the line on which it begins. */
export type CheckedRecord =
  { readonly line: number; readonly report: DeviceReport } | { readonly line: number; readonly fault: string };

/** The records of a file in their order. Of two with the same id the second is bad. */
export async function* checkRecords(
  source: AsyncIterable<Uint8Array>,
  options: RecordOptions,
): AsyncGenerator<CheckedRecord> {
  const linesBySerial = new Map<string, number>();
  for await (const record of splitRecords(source)) {
    const checked = check(record, options);
    if ('report' in checked) {
      const { deviceSerial } = checked.report;
      const firstLine = linesBySerial.get(deviceSerial);
      if (firstLine !== undefined) {
        yield { line: record.line, fault: `id: "${deviceSerial}" was on line ${firstLine} already` };
        continue;
      }
      linesBySerial.set(deviceSerial, record.line);
    }
    yield checked;
  }
}

function check(record: RawRecord, options: RecordOptions): CheckedRecord {
  if ('fault' in record) return record;
  try {
    return { line: record.line, report: parseDeviceRecord(record.json, options) };
  } catch (fault) {
    if (fault instanceof AppError) return { line: record.line, fault: fault.message };
    throw fault;
  }
}
