#!/bin/sh
# Mender's "Device inventory": every call of that page, on three devices that are made here and deleted at the end.
#
#   FLEETGRAPH_API_KEY=... examples/mender-inventory.sh
set -eu
. "$(dirname "$0")/graphql.sh"

# Mender's ids are our serials.
first=291ae0e5956c69c2267489213df4459d19ed48a806603def19d417d004a4b67e
second=76f40e5956c699e327489213df4459d1923e1a806603def19d417d004a4a3ef
third=example-mender-3
group=example-mender-staging
other_group=example-mender-testing

DEVICE='deviceSerial attributes { name value description } attributesUpdatedAt'

# create SERIAL ATTRIBUTES
create() {
  # UPDATE, as an earlier run may have been cut short. Mender's 409 is `"ifExists": "ERROR"`, the default.
  graphql "mutation (\$input: CreateDeviceInput!) { createDevice(input: \$input) { created device { $DEVICE } } }" \
    "{\"input\": {\"deviceSerial\": $(json "$1"), \"attributes\": $2, \"ifExists\": \"UPDATE\"}}"
}

# list VARIABLES: all of $filter, $orderBy, $perPage and $offset.
list() {
  graphql "
    query (\$filter: DeviceFilter!, \$orderBy: [DeviceOrder!], \$perPage: Int, \$offset: Int) {
      devices(filter: \$filter, orderBy: \$orderBy, first: \$perPage, offset: \$offset) {
        totalCount nodes { $DEVICE } pageInfo { hasNextPage hasPreviousPage }
      }
    }" "$1"
}

# Each list is kept to the devices of this example, so that it reads the same in every fleet.
ours="{\"deviceSerial\": {\"in\": [$(json "$first"), $(json "$second"), $(json "$third")]}}"

step 'POST /devices'
create "$first" '[
  {"name": "ip_addr", "value": "1.2.3.4", "description": "IP address"},
  {"name": "mac_addr", "value": "00.01:02:03:04:05", "description": "MAC address"},
  {"name": "ports", "value": ["8080", "8081"], "description": "Open ports"},
  {"name": "cpu_load", "value": 100}]'
create "$second" '[
  {"name": "mac", "value": "00:01:02:03:04:05", "description": "MAC address"},
  {"name": "ip_addr", "value": "1.2.3.5"}, {"name": "cpu_load", "value": 100}]'
create "$third" '[{"name": "ip_addr", "value": "1.2.3.6"}, {"name": "cpu_load", "value": 7.5}]'

step 'GET /devices?ip_addr=1.2.3.4&ports=8080&cpu_load=100 (an element of an array is enough; a number is a number)'
list "{\"filter\": {\"and\": [$ours], \"attributes\": [
  {\"name\": \"ip_addr\", \"eq\": \"1.2.3.4\"}, {\"name\": \"ports\", \"eq\": \"8080\"}, {\"name\": \"cpu_load\", \"eq\": 100}]}}"

step 'PUT /devices/{id}/group: a device in another group is moved'
for name in "$other_group" "$group"; do
  graphql '
    mutation ($input: SetDeviceGroupInput!) { setDeviceGroup(input: $input) { device { deviceSerial group { name } } } }' \
    "{\"input\": {\"deviceSerial\": $(json "$first"), \"group\": $(json "$name")}}"
done

step 'GET /devices/{id}/group, of one that has a group and of one that has none'
for serial in "$first" "$second"; do
  graphql 'query ($serial: String!) { device(deviceSerial: $serial) { group { name } } }' \
    "{\"serial\": $(json "$serial")}"
done

step 'GET /devices?has_group=true'
list "{\"filter\": {\"and\": [$ours], \"hasGroup\": true}}"

step 'GET /devices?has_group=false'
list "{\"filter\": {\"and\": [$ours], \"hasGroup\": false}}"

step 'GET /devices?page=2&per_page=2'
list "{\"filter\": $ours, \"perPage\": 2, \"offset\": 2}"

step 'GET /devices?sort=cpu_load:asc,ip_addr:desc'
list "{\"filter\": $ours, \"orderBy\": [
  {\"attribute\": {\"name\": \"cpu_load\"}, \"direction\": \"ASC\"}, {\"attribute\": {\"name\": \"ip_addr\"}}]}"

step 'GET /devices/{id}'
graphql "query (\$serial: String!) { device(deviceSerial: \$serial) { $DEVICE } }" "{\"serial\": $(json "$first")}"

step 'GET /groups'
graphql 'query { groups(first: 500) { nodes { name } } }'

step 'GET /groups/{name}/devices?page=1&per_page=10'
graphql '
  query ($group: String!, $perPage: Int, $offset: Int) {
    group(name: $group) {
      devices(first: $perPage, offset: $offset) { nodes { deviceSerial } pageInfo { hasNextPage hasPreviousPage } }
    }
  }' "{\"group\": $(json "$group"), \"perPage\": 10, \"offset\": 0}"

step 'DELETE /devices/{id}/group/{name}'
graphql '
  mutation ($input: RemoveDeviceFromGroupInput!) {
    removeDeviceFromGroup(input: $input) { device { deviceSerial group { name } } }
  }' "{\"input\": {\"deviceSerial\": $(json "$first"), \"group\": $(json "$group")}}"

step 'DELETE /devices/{id}'
for serial in "$first" "$second" "$third"; do
  graphql 'mutation ($input: DeleteDeviceInput!) { deleteDevice(input: $input) { deleted } }' \
    "{\"input\": {\"deviceSerial\": $(json "$serial")}}"
done

step 'And the groups, which in Mender go with their last device'
for name in "$group" "$other_group"; do
  graphql 'mutation ($input: DeleteGroupInput!) { deleteGroup(input: $input) { deleted } }' \
    "{\"input\": {\"name\": $(json "$name")}}"
done
