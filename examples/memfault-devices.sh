#!/bin/sh
# Memfault's "Devices": every call of that page, on two devices that are made here and deleted at the end.
#
#   FLEETGRAPH_API_KEY=... examples/memfault-devices.sh
set -eu
. "$(dirname "$0")/graphql.sh"

serial=example-memfault-1
other=example-memfault-2

DEVICE='
  id createdAt updatedAt deviceSerial ownerRef hardwareVersion lastSeen
  lastSeenRelease { id version revision } cohort { id name slug }'

create() {
  # UPDATE, as an earlier run may have been cut short.
  graphql "mutation (\$input: CreateDeviceInput!) { createDevice(input: \$input) { device { $DEVICE } } }" \
    "{\"input\": {\"deviceSerial\": $(json "$1"), \"ownerRef\": $(json "$2"), \"hardwareVersion\": $(json "$3"),
       \"lastSeen\": $(json "$4"), \"lastSeenRelease\": $5, \"ifExists\": \"UPDATE\"}}"
}

# list VARIABLES: $filter and $orderBy.
list() {
  graphql "
    query (\$filter: DeviceFilter!, \$orderBy: [DeviceOrder!]) {
      devices(filter: \$filter, orderBy: \$orderBy) { totalCount nodes { $DEVICE } pageInfo { hasNextPage endCursor } }
    }" "$1"
}

step 'Create devices'
create "$serial" awesome_employee_1234 hwrev1 2019-01-19T05:01:13Z \
  '{"version": "1.2.3", "revision": "11d95ef20f7a048ce1da1a6891dd3e2f92c89d85"}'
create "$other" user5678 hwrev2 2019-02-20T06:02:14Z '{"version": "1.2.4"}'

step 'List devices: release=1.2.3&release=1.2.4, sort=-last_seen'
list '{"filter": {"release": {"in": ["1.2.3", "1.2.4"]}, "deviceSerial": {"startsWith": "example-memfault-"}},
       "orderBy": [{"field": "LAST_SEEN", "direction": "DESC"}]}'

step 'List devices: sort=last_seen'
list '{"filter": {"deviceSerial": {"startsWith": "example-memfault-"}},
       "orderBy": [{"field": "LAST_SEEN", "direction": "ASC"}]}'

step 'List devices: owner_ref=awesome_employee_1234&owner_ref=nobody'
list '{"filter": {"ownerRef": {"in": ["awesome_employee_1234", "nobody"]}}}'

step 'List devices: last_seen_since=2019-01-19T05:01:13Z&last_seen_until=2019-02-01T00:00:00Z'
list '{"filter": {"lastSeen": {"since": "2019-01-19T05:01:13.000000+00:00", "until": "2019-02-01T00:00:00Z"}}}'

step 'List devices: hardware_version=hwrev2, of these two'
list '{"filter": {"hardwareVersion": {"in": ["hwrev2"]}, "deviceSerial": {"startsWith": "example-memfault-"}}}'

step 'Retrieve a device'
graphql "query (\$serial: String!) { device(deviceSerial: \$serial) { $DEVICE } }" "{\"serial\": $(json "$serial")}"

step 'Update a device'
graphql "mutation (\$input: UpdateDeviceInput!) { updateDevice(input: \$input) { device { $DEVICE } } }" \
  "{\"input\": {\"deviceSerial\": $(json "$serial"), \"ownerRef\": \"user1234\", \"hardwareVersion\": \"hwrev2\"}}"

step 'Update device attributes'
graphql '
  mutation ($input: SetDeviceAttributesInput!) {
    setDeviceAttributes(input: $input) { device { deviceSerial attributes { name value } } }
  }' "{\"input\": {\"deviceSerial\": $(json "$serial"), \"attributes\": [
    {\"name\": \"battery_cycles\", \"value\": 117}, {\"name\": \"region\", \"value\": \"EMEA\"}]}}"

step 'Retrieve device attributes'
graphql '
  query ($serial: String!) {
    device(deviceSerial: $serial) { attributes { name value type scope updatedAt } }
  }' "{\"serial\": $(json "$serial")}"

step 'Delete devices'
for one in "$serial" "$other"; do
  graphql 'mutation ($input: DeleteDeviceInput!) { deleteDevice(input: $input) { deleted } }' \
    "{\"input\": {\"deviceSerial\": $(json "$one")}}"
done
