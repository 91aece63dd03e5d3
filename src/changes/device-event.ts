import { sql } from '../database/sql.js';
import { badInput } from '../errors.js';
import { parseDeviceSerial } from '../model/names.js';
import { parseShortText } from '../model/text.js';
import type { DeviceRow } from '../search/search.js';
import { writeAudit } from './audit.js';
import type { ChangeContext } from './change-context.js';
import { changeDevices, MUST_EXIST } from './devices.js';
import { ensureReleases, parseReleaseName, type ReleaseInput } from './release-look-up.js';

export interface RecordDeviceEvent {
  readonly deviceSerial: string;
  readonly kind: 'INSTALL' | 'TRACE';
  readonly at: Date;
  readonly release?: ReleaseInput | null;
  readonly title?: string | null;
  readonly url?: string | null;
}

const TITLE_CHARACTERS = 256;
const URL_CHARACTERS = 2_048;

export async function recordDeviceEvent(context: ChangeContext, input: RecordDeviceEvent): Promise<DeviceRow> {
  const deviceSerial = parseDeviceSerial(input.deviceSerial, 'input.deviceSerial');
  const release = input.release ? parseReleaseName(input.release, 'input.release') : null;
  const title =
    input.title === undefined || input.title === null
      ? null
      : parseShortText(input.title, 'input.title', TITLE_CHARACTERS);
  const url = input.url === undefined || input.url === null ? null : parseWebAddress(input.url, 'input.url');
  const now = new Date();
  return context.database.transaction('changes.recordDeviceEvent', async (transaction) => {
    const changed = await changeDevices(transaction, context, [{ deviceSerial, path: 'input' }], MUST_EXIST, now);
    const { device } = changed[0]!;
    const releaseIdOf = await ensureReleases(transaction, context.projectId, release === null ? [] : [release], now);
    await transaction.rows(
      'changes.insertEvent',
      sql`insert into device_event (project_id, device_id, kind, at, release_id, title, url)
          values (${context.projectId}, ${device.id}, ${input.kind}, ${input.at},
                  ${release === null ? null : releaseIdOf(release)}, ${title}, ${url})`,
    );
    const event = { kind: input.kind, at: input.at, release, title, url };
    writeAudit(transaction, context, {
      operation: 'recordDeviceEvent',
      kind: 'Device',
      object: { id: device.id, name: deviceSerial },
      after: { values: { event } },
    });
    return device;
  });
}

/** Pages show these addresses as links, so one that would run as a script is refused. */
function parseWebAddress(input: string, field: string): string {
  const text = parseShortText(input, field, URL_CHARACTERS);
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw badInput(field, 'an address that begins with http:// or https://');
  }
  return text;
}
