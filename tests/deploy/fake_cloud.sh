#!/bin/bash
# Stands in for gcloud, firebase, curl and uv, by whose names it is called: logs each call and answers as they would.
# FAKE_CLOUD is a folder: `log` has the calls, `there` what exists. What is to go wrong: FAKE_MISSING_SECRETS,
# FAKE_FAILING (functions), FAKE_DENIED (things), FAKE_INGEST_ANSWERS; and while `unready` exists, a new account
# is not known everywhere yet.
set -uo pipefail

tool=${0##*/}
words=$(printf ' %q' "$@")
echo "$tool$words" >>"$FAKE_CLOUD/log"

refuse() { # TEXT [CODE]
  echo "ERROR: $1" >&2
  exit "${2:-1}"
}

answer_about() { # VERB THING
  local file=$FAKE_CLOUD/there/$2
  [[ " ${FAKE_DENIED:-} " != *" $2 "* ]] || refuse "PERMISSION_DENIED: $2, or it does not exist" 3
  case $1 in
    describe) if [[ -e $file ]]; then echo "$2-00001-abc"; else refuse "NOT_FOUND: $2"; fi ;;
    create) if [[ -e $file ]]; then refuse "ALREADY_EXISTS: $2"; else : >"$file"; fi ;;
    update) [[ -e $file ]] || refuse "NOT_FOUND: $2" ;;
  esac
}

gcloud() {
  case "$*" in
    "projects describe my-brain-1 "*) echo 123456789012 ;;
    "projects describe "*) refuse "PERMISSION_DENIED: $3, or it does not exist" ;;
    "secrets versions list "*)
      [[ " ${FAKE_MISSING_SECRETS:-} " != *" $4 "* ]] || refuse "NOT_FOUND: Secret [$4] not found"
      echo 1
      ;;
    "functions deploy "*)
      : >"$FAKE_CLOUD/there/${3,,}"
      [[ " ${FAKE_FAILING:-} " != *" $3 "* ]] || refuse "Build failed: $3" 7
      ;;
    *add-iam-policy-binding*)
      [[ ! -e $FAKE_CLOUD/unready ]] || { rm "$FAKE_CLOUD/unready" && refuse 'INVALID_ARGUMENT: the account does not exist.'; }
      ;;
    "iam service-accounts "*) answer_about "$3" "${4%%@*}" ;;
    "firestore databases "*) answer_about "$3" database ;;
    "logging metrics "*) answer_about "$3" "metric-$4" ;;
    "tasks queues "*) answer_about "$3" "$4" ;;
    "scheduler jobs describe "*) answer_about describe "job-$4" ;;
    "scheduler jobs "*) answer_about "$3" "job-$5" ;;
    "run services describe "*) answer_about describe "$4" ;;
  esac
}

case $tool in
  gcloud) gcloud "$@" ;;
  curl) [[ $* == *run.app/v1/* ]] && echo -n "${FAKE_INGEST_ANSWERS:-401}" || echo -n 200 ;;
  uv)
    if [[ $1 == venv ]]; then
      python=${!#}/bin/python
      mkdir -p "${python%/*}"
      printf '#!/bin/sh\nexit 0\n' >"$python"
      chmod +x "$python"
    fi
    ;;
esac
