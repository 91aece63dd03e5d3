# What the example scripts share; they read it with `.`. It needs sh, curl, sed and awk.

: "${FLEETGRAPH_URL:=http://127.0.0.1:4000/graphql}"
: "${FLEETGRAPH_API_KEY:?set it to a key of the role WRITER or ADMIN}"

# step TEXT: says what comes next.
step() {
  printf '\n== %s\n' "$1"
}

# json TEXT: the text as a JSON string, so that no quote in it can end the string.
json() {
  printf '%s' "$1" | sed 's/\\/\\\\/g; s/"/\\"/g; s/	/\\t/g' |
    awk 'BEGIN { printf "\"" } { if (NR > 1) printf "\\n"; printf "%s", $0 } END { printf "\"" }'
}

# graphql QUERY [VARIABLES]: sends one operation and prints the answer; VARIABLES is a JSON object. The answer stays in
# $answer. Ends the script if the server cannot be reached or answers with an error.
graphql() {
  [ $# -gt 1 ] || set -- "$1" '{}'
  answer=$(
    printf '{"query":%s,"variables":%s}' "$(json "$1")" "$2" |
      curl --silent --show-error --user ":$FLEETGRAPH_API_KEY" \
        --header 'Content-Type: application/json' --header 'Accept: application/graphql-response+json' \
        --data-binary @- "$FLEETGRAPH_URL"
  ) || exit 1
  printf '%s\n' "$answer"
  case $answer in
    # A quote inside of a value is written \", so this is no part of one.
    *'"errors":'*)
      echo 'the server refused this' >&2
      exit 1
      ;;
    '{"data":'*) ;;
    *)
      echo "no GraphQL at $FLEETGRAPH_URL" >&2
      exit 1
      ;;
  esac
}

# answered NAME: the last value of that name in the answer; for text without quotes, such as ids and cursors.
answered() {
  printf '%s' "$answer" | sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"
}
