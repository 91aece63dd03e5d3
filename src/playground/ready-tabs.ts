interface ReadyTab {
  readonly query: string;
  readonly variables: string;
}

/** GraphiQL titles a tab with the name of its operation. */
function tab(query: string, variables: object): ReadyTab {
  return { query: `${query.trim()}\n`, variables: JSON.stringify(variables, null, 2) };
}

/** What newcomers want to see first; they run as they are on the demonstration fleet. */
export const READY_TABS: readonly ReadyTab[] = [
  tab(
    `
# Find a device by its serial.
# Run it with the button or Ctrl-Enter.
# Ctrl-Space completes names, and the book
# on the left is the manual.
query FindDevice($serial: String!) {
  device(deviceSerial: $serial) {
    deviceSerial
    manufacturer
    productName
    state
    lastSeen
    lastSeenRelease {
      version
    }
    cohort {
      name
    }
    group {
      name
    }
    attributes {
      name
      value
      scope
      updatedAt
    }
  }
}`,
    { serial: 'DEMO-0001' },
  ),
  tab(
    `
# Search by attributes: any name that a
# device ever reported. All tests must hold;
# the hottest devices come first.
query SearchByAttributes(
  $filter: DeviceFilter!
  $orderBy: [DeviceOrder!]
) {
  devices(filter: $filter, orderBy: $orderBy, first: 20) {
    totalCount
    nodes {
      deviceSerial
      cohort {
        slug
      }
      hostname: attribute(name: "hostname") {
        value
      }
      os: attribute(name: "os") {
        value
      }
      temperature: attribute(name: "temperature") {
        value
      }
    }
  }
}`,
    {
      filter: {
        attributes: [
          { name: 'temperature', gt: 50, lte: 70 },
          { name: 'ports', eq: '22' },
          { name: 'os', contains: 'debian', ignoreCase: true },
        ],
        not: { cohort: { eq: 'canary' } },
      },
      orderBy: [{ attribute: { name: 'temperature' }, direction: 'DESC' }],
    },
  ),
  tab(
    `
# Page on: copy endCursor of the answer into
# the variable "after" and run again, until
# hasNextPage is false.
query PageOn($first: Int!, $after: String) {
  devices(
    first: $first
    after: $after
    orderBy: [{ field: DEVICE_SERIAL, direction: ASC }]
  ) {
    pageInfo {
      hasNextPage
      endCursor
    }
    nodes {
      deviceSerial
      lastSeen
      group {
        name
      }
    }
  }
}`,
    { first: 5, after: null },
  ),
  tab(
    `
# Move devices to another cohort. With dryRun
# nothing changes: it tells how many would.
mutation MoveDevices(
  $input: MoveDevicesToCohortInput!
) {
  moveDevicesToCohort(input: $input) {
    matchedCount
    changedCount
    dryRun
    unknownSerials
  }
}`,
    { input: { devices: { filter: { cohort: { eq: 'default' } } }, cohort: 'beta', dryRun: true } },
  ),
];
