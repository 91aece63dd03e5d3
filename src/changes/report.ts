import { badInput, limitExceeded } from '../errors.js';
import { LIMITS } from '../model/limits.js';
import { parseDeviceSerial, parseGroupName } from '../model/names.js';
import { type AttributeInput, parseAttributeWrites } from './attributes.js';
import { isAudited, writeAudit } from './audit.js';
import type { ChangeContext } from './change-context.js';
import { changeDevices, type ChangePolicy, type DeviceChange } from './devices.js';
import { parseReleaseName, type ReleaseInput } from './release-look-up.js';

export interface ReportAttributes {
  readonly reports: readonly {
    readonly deviceSerial: string;
    readonly attributes: readonly AttributeInput[];
    readonly lastSeen?: Date | null;
    readonly lastSeenRelease?: ReleaseInput | null;
    readonly group?: string | null;
  }[];
  readonly createMissing: boolean;
}

export async function reportAttributes(
  context: ChangeContext,
  { reports, createMissing }: ReportAttributes,
): Promise<{ createdCount: number; updatedCount: number; unchangedCount: number }> {
  if (reports.length > LIMITS.reports) {
    throw limitExceeded('input.reports', `at most ${LIMITS.reports} reports, got ${reports.length}`);
  }
  const seen = new Set<string>();
  const changes = reports.map((report, index): DeviceChange => {
    const path = `input.reports[${index}]`;
    const deviceSerial = parseDeviceSerial(report.deviceSerial, `${path}.deviceSerial`);
    if (seen.has(deviceSerial)) throw badInput(`${path}.deviceSerial`, `"${deviceSerial}" stands twice in this call`);
    seen.add(deviceSerial);
    return {
      deviceSerial,
      attributes: parseAttributeWrites(report.attributes, `${path}.attributes`),
      // A report tells what was seen; null tells nothing.
      ...(report.lastSeen && { lastSeen: report.lastSeen }),
      ...(report.lastSeenRelease && {
        lastSeenRelease: parseReleaseName(report.lastSeenRelease, `${path}.lastSeenRelease`),
      }),
      ...(report.group !== undefined &&
        report.group !== null && { group: parseGroupName(report.group, `${path}.group`) }),
      path,
    };
  });
  const policy: ChangePolicy = { ifMissing: createMissing ? 'create' : 'refuse', ifPresent: 'change' };
  const operation = 'reportAttributes';
  // One device has an entry like that of any other change; many have one together.
  const ownEntry = isAudited(context, true) && changes.length === 1 ? operation : undefined;
  const results = await context.database.transaction('changes.reportAttributes', async (transaction) => {
    const changed = await changeDevices(transaction, context, changes, policy, new Date(), ownEntry);
    const changedCount = changed.filter((result) => result.changed).length;
    if (isAudited(context, true) && ownEntry === undefined && changedCount > 0) {
      const selector = { deviceSerials: changes.map(({ deviceSerial }) => deviceSerial) };
      writeAudit(transaction, context, {
        operation,
        kind: 'Device',
        selector,
        matchedCount: changed.length,
        changedCount,
      });
    }
    return changed;
  });
  const createdCount = results.filter((result) => result.created).length;
  const updatedCount = results.filter((result) => result.changed && !result.created).length;
  return { createdCount, updatedCount, unchangedCount: results.length - createdCount - updatedCount };
}
