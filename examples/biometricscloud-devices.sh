#!/bin/sh
# BiometricsCloud's "Device Endpoints": every call of that page, on two devices that are made here and removed at the end.
# The OAuth client that its creation answers is not part of this.
#
#   FLEETGRAPH_API_KEY=... examples/biometricscloud-devices.sh
set -eu
. "$(dirname "$0")/graphql.sh"

DEVICE='id uuid deviceSerial manufacturer deviceCode productName testMode state registeredBy createdAt updatedAt lastSeen'

# create INPUT: without a serial, which is then the uuid, as that system has no serials.
create() {
  graphql "mutation (\$input: CreateDeviceInput!) { createDevice(input: \$input) { device { $DEVICE } } }" \
    "{\"input\": $1}"
}

# list VARIABLES: $filter, $limit, $offset or $after, and $orderBy.
list() {
  graphql "
    query (\$filter: DeviceFilter!, \$limit: Int, \$offset: Int, \$after: String, \$orderBy: [DeviceOrder!]) {
      devices(filter: \$filter, first: \$limit, offset: \$offset, after: \$after, orderBy: \$orderBy) {
        totalCount
        nodes { id deviceSerial manufacturer deviceCode productName state testMode }
        pageInfo { hasNextPage endCursor }
      }
    }" "$1"
}

step 'Create device: POST /devices'
create '{"manufacturer": "Apple", "deviceCode": "iPhone1,1"}'
phone=$(answered deviceSerial)
phone_id=$(answered id)

step 'Create device: POST /devices with is_test_mode'
create '{"manufacturer": "Apple", "deviceCode": "Watch1,1", "testMode": true}'
watch=$(answered deviceSerial)

# Kept to the devices of this run, so that it reads the same in every fleet.
ours="{\"deviceSerial\": {\"in\": [$(json "$phone"), $(json "$watch")]}}"

step 'List devices: GET /devices?offset=0&limit=100&sort_field=id&sort_order=asc'
list "{\"filter\": $ours, \"offset\": 0, \"limit\": 100, \"orderBy\": [{\"field\": \"ID\", \"direction\": \"ASC\"}]}"

step 'List devices: limit=1&sort_order=desc, and the page that follows'
list "{\"filter\": $ours, \"limit\": 1, \"orderBy\": [{\"field\": \"ID\", \"direction\": \"DESC\"}]}"
list "{\"filter\": $ours, \"limit\": 1, \"orderBy\": [{\"field\": \"ID\", \"direction\": \"DESC\"}],
       \"after\": $(json "$(answered endCursor)")}"

step 'Retrieve device: GET /device/{id}'
graphql "query (\$id: ID!) { device(id: \$id) { $DEVICE } }" "{\"id\": $(json "$phone_id")}"

step 'Delete device: DELETE /device/{id}, which disables it'
for serial in "$phone" "$watch"; do
  graphql 'mutation ($input: UpdateDeviceInput!) { updateDevice(input: $input) { device { deviceSerial state } } }' \
    "{\"input\": {\"deviceSerial\": $(json "$serial"), \"state\": \"DISABLED\"}}"
done

step 'And not of that page: remove them altogether, so that this example leaves nothing'
graphql '
  mutation ($input: DeleteDevicesInput!) { deleteDevices(input: $input) { matchedCount changedCount unknownSerials } }' \
  "{\"input\": {\"devices\": {\"deviceSerials\": [$(json "$phone"), $(json "$watch")]}}}"
