#!/bin/sh
# Memfault's "Adding a Device to a Cohort": sees to it that the device and the cohort exist, then moves the device.
# Safe to repeat, as a CI job does:
#
#   FLEETGRAPH_API_KEY=... examples/memfault-add-device-to-cohort.sh [SERIAL [COHORT_SLUG [COHORT_NAME]]]
set -eu
. "$(dirname "$0")/graphql.sh"

serial=${1:-ABCD1234}
slug=${2:-f8e70b92}
name=${3:-Beta}

DEVICE='
  id deviceSerial ownerRef hardwareVersion lastSeen lastSeenRelease { version } latestInstall { at } latestTrace { at }
  cohort { id name slug deviceCount } createdAt updatedAt'

step "Make sure the device $serial exists"
graphql "query (\$serial: String!) { device(deviceSerial: \$serial) { $DEVICE } }" "{\"serial\": $(json "$serial")}"

case $answer in
  *'"device":null'*)
    step 'It does not: create it'
    # KEEP instead of an error: another job may have created it since.
    graphql "mutation (\$input: CreateDeviceInput!) { createDevice(input: \$input) { created device { $DEVICE } } }" \
      "{\"input\": {\"deviceSerial\": $(json "$serial"), \"hardwareVersion\": \"proto\", \"ifExists\": \"KEEP\"}}"
    ;;
esac

step "Make sure the cohort $slug exists"
graphql '
  mutation ($input: CreateCohortInput!) {
    createCohort(input: $input) {
      created
      cohort { id name slug deviceCount lastDeployment { deployedAt } createdAt updatedAt }
    }
  }' "{\"input\": {\"name\": $(json "$name"), \"slug\": $(json "$slug"), \"ifExists\": \"KEEP\"}}"

step "Add the device to the cohort"
graphql "mutation (\$input: UpdateDeviceInput!) { updateDevice(input: \$input) { device { $DEVICE } } }" \
  "{\"input\": {\"deviceSerial\": $(json "$serial"), \"cohort\": $(json "$slug")}}"
