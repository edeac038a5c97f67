#!/usr/bin/env bash
# Deploys the Brain to a Google Cloud project; what it runs comes from config/brain_scheduler.yaml
# through brain.cli.deploy_plan. Running it again is safe: what exists is brought up to date.
set -euo pipefail

readonly STEPS=(stage verify apis secrets accounts database rules ttl queues functions invokers schedules smoke)
readonly BUILD=build
readonly STAGED=$BUILD/functions
readonly RUNTIME=$BUILD/runtime
readonly SETTLE_TRIES=6

usage() {
  cat <<EOF
usage: ./deploy.sh --project PROJECT [--region REGION] [--only STEP[,STEP…]] [--dry-run]

  --project   the Google Cloud project (default: \$GOOGLE_CLOUD_PROJECT)
  --region    where the functions run (default: the table's)
  --only      do only these steps, in the order of a whole deployment; functions are always staged and verified
              first, so that what is deployed is never an old copy
  --dry-run   print the commands and run none of them

steps: ${STEPS[*]}
EOF
}

fail_usage() {
  printf 'deploy: %s\n\n' "$1" >&2
  usage >&2
  exit 2
}

project=${GOOGLE_CLOUD_PROJECT:-} region='' only='' dry_run=no
while (($#)); do
  case $1 in
    --project | --region | --only)
      (($# > 1)) || fail_usage "$1 needs a value"
      case $1 in --project) project=$2 ;; --region) region=$2 ;; --only) only=$2 ;; esac
      shift 2
      ;;
    --dry-run) dry_run=yes && shift ;;
    -h | --help) usage && exit 0 ;;
    *) fail_usage "unknown word: $1" ;;
  esac
done
[[ -n $project ]] || fail_usage 'which project? give --project'

cd "$(dirname "${BASH_SOURCE[0]}")"

chosen=("${STEPS[@]}")
if [[ -n $only ]]; then
  IFS=, read -ra wanted <<<"$only"
  for step in "${wanted[@]}"; do
    [[ " ${STEPS[*]} " == *" $step "* ]] || fail_usage "no such step: $step"
  done
  [[ ,$only, != *,functions,* ]] || only+=,verify
  [[ ,$only, != *,verify,* ]] || only+=,stage
  chosen=()
  for step in "${STEPS[@]}"; do
    [[ ",$only," == *",$step,"* ]] && chosen+=("$step")
  done
fi

python=${BRAIN_PYTHON:-.venv/bin/python}
[[ -x $python ]] || { printf 'deploy: %s is missing; run make install first\n' "$python" >&2 && exit 2; }

logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

need() { # TOOL WHAT-TO-DO
  [[ $dry_run == yes ]] || command -v "$1" >/dev/null || { printf 'deploy: %s is not here; %s\n' "$1" "$2" >&2 && exit 2; }
}

project_number=PROJECT_NUMBER
find_project_number() {
  need gcloud 'install the Google Cloud CLI and run gcloud auth login'
  [[ $dry_run == yes ]] && return
  project_number=$(gcloud projects describe "$project" '--format=value(projectNumber)') || {
    printf 'deploy: the project %s cannot be read; check its name, or run gcloud auth login\n' "$project" >&2
    exit 1
  }
}

plan() { # STEP…
  PYTHONPATH=shared "$python" -m brain.cli.deploy_plan "$@" --project "$project" --project-number "$project_number" \
    --runtime-python "$RUNTIME/bin/python" ${region:+--region "$region"}
}

# ---- doing, or in a dry run saying, one command

do_or_say() { # COMMAND…
  if [[ $dry_run == yes ]]; then
    printf '%q ' "$@" && echo
  else
    "$@"
  fi
}

is_absence() { # FILE: whether the error in it says that something does not exist
  grep -qE 'NOT_FOUND|Cannot find service|does not exist' "$1" && ! grep -q PERMISSION_DENIED "$1"
}

settle() { # COMMAND: tries for a while, since what it names may not be known everywhere yet
  local try status=0
  for ((try = 1; try <= SETTLE_TRIES; try++)); do
    status=0
    bash -c "$1" >"$logs/settle" 2>&1 || status=$?
    ((status == 0)) && return
    ((try < SETTLE_TRIES)) && sleep "$((try * ${BRAIN_DEPLOY_WAIT_SECONDS:-5}))"
  done
  cat "$logs/settle" >&2
  return "$status"
}

# ---- the verbs of a plan (brain.cli.deployment.lines)

declare -A previous=()
ways_back=() missing=() running=() exists=''

probe() { # LABEL COMMAND
  local status=0
  bash -c "$2" >/dev/null 2>"$logs/probe" || status=$?
  if ((status == 0)); then
    exists=yes
  elif is_absence "$logs/probe"; then
    exists=no
  else
    cat "$logs/probe" >&2
    return "$status"
  fi
}

require() { # LABEL COMMAND
  local status=0
  bash -c "$2" >"$logs/found" 2>"$logs/probe" || status=$?
  if ((status != 0)) && ! is_absence "$logs/probe"; then
    cat "$logs/probe" >&2
    return "$status"
  fi
  exists=$([[ -s $logs/found ]] && echo yes || echo no)
}

remember() { # LABEL COMMAND
  bash -c "$2" >"$logs/found" 2>"$logs/probe" || is_absence "$logs/probe" || { cat "$logs/probe" >&2 && return 1; }
  previous[$1]=$(<"$logs/found")
}

expect() { # LABEL=CODE COMMAND
  local found
  found=$(bash -c "$2") || true
  if [[ $found != "${1#*=}" ]]; then
    printf 'deploy: %s answered %s, expected %s\n' "${1%%=*}" "${found:-nothing}" "${1#*=}" >&2
    return 1
  fi
  printf '  %s answers %s\n' "${1%%=*}" "$found"
}

finish_together() { # waits for all; shows what failed
  local entry label status=0 code
  for entry in "${running[@]}"; do
    label=${entry#*:} code=0
    wait "${entry%%:*}" || code=$?
    if ((code != 0)); then
      printf 'deploy: %s failed (exit %d):\n' "$label" "$code" >&2
      tail -n 20 "$logs/together.$label" | sed 's/^/    /' >&2
      status=$code
    else
      printf '  %s done\n' "$label"
    fi
  done
  running=()
  return "$status"
}

perform() { # VERB LABEL COMMAND
  case $1 in
    run) printf '  %s\n' "$2" && bash -c "$3" ;;
    settle) settle "$3" ;;
    together) bash -c "$3" >"$logs/together.$2" 2>&1 & running+=("$!:$2") ;;
    probe) probe "$2" "$3" ;;
    update) [[ $exists == no ]] || { [[ $3 == true ]] || { printf '  %s is there, brought up to date\n' "$2" && bash -c "$3"; }; } ;;
    create) [[ $exists == yes ]] || { printf '  %s is new\n' "$2" && bash -c "$3"; } ;;
    require) require "$2" "$3" ;;
    remedy) [[ $exists == yes ]] || missing+=("$2: $3") ;;
    remember) remember "$2" "$3" ;;
    back) [[ -z ${previous[$2]:-} ]] || ways_back+=("${3/PREVIOUS/${previous[$2]}}") ;;
    expect) expect "$2" "$3" ;;
    *) printf 'deploy: the plan has a verb nobody knows: %s\n' "$1" >&2 && return 2 ;;
  esac
}

say() { # VERB LABEL COMMAND
  case $1 in
    probe) printf 'if %s; then\n' "$3" ;;
    update) printf '  %s\nelse\n' "$3" ;;
    create) printf '  %s\nfi\n' "$3" ;;
    together) printf '%s &\n' "$3" ;;
    remedy) printf '# if %s is missing: %s\n' "$2" "$3" ;;
    remember) printf '# remembered for the way back: %s\n' "$3" ;;
    back) printf '# the way back: %s\n' "$3" ;;
    expect) printf '%s # expected: %s\n' "$3" "${2#*=}" ;;
    *) printf '%s\n' "$3" ;;
  esac
}

from_plan() { # STEP
  local of verb label command has_together=no status=0
  while read -r of verb label command; do
    [[ $of == "$1" ]] || continue
    [[ $verb != together ]] || has_together=yes
    if [[ $dry_run == yes ]]; then
      say "$verb" "$label" "$command"
    else
      perform "$verb" "$label" "$command" </dev/null || { status=$? && break; }
    fi
  done <<<"$planned"
  if [[ $dry_run == yes ]]; then
    [[ $has_together == no ]] || echo wait
  elif ((${#running[@]})); then
    finish_together || status=$?
  fi
  return "$status"
}

# ---- the steps

# Each is called where bash does not stop at a failure, so each says itself where it ends.

stage() {
  do_or_say rm -rf "$STAGED" || return
  do_or_say mkdir -p "$STAGED" || return
  do_or_say cp -RL functions/. shared/brain config "$STAGED" || return
  do_or_say find "$STAGED" -name __pycache__ -prune -exec rm -rf '{}' + || return
  # Checked by nobody and so never stale: the times of files change on their way to the cloud.
  do_or_say "$python" -m compileall -q --invalidation-mode unchecked-hash "$STAGED" || return
  if [[ $dry_run == yes ]]; then
    printf '# %s/functions.yaml is written from the table\n' "$STAGED"
  else
    plan functions.yaml >"$STAGED/functions.yaml"
  fi
}

install_runtime() { # what the cloud will install, and nothing else
  local uv=''
  for uv in uv .uv/bin/uv ''; do
    [[ -z $uv ]] || ! command -v "$uv" >/dev/null || break
  done
  if [[ -n $uv ]]; then
    do_or_say "$uv" venv --quiet --clear --python 3.11 "$RUNTIME" || return
    do_or_say "$uv" pip install --quiet --python "$RUNTIME/bin/python" --require-hashes -r functions/requirements.txt
  else
    do_or_say "$python" -m venv --clear "$RUNTIME" || return
    do_or_say "$RUNTIME/bin/python" -m pip install --quiet --require-hashes -r functions/requirements.txt
  fi
}

verify() {
  local stamp=$RUNTIME/.requirements
  if [[ $dry_run == yes ]] || ! cmp -s functions/requirements.txt "$stamp"; then
    install_runtime || return
    do_or_say cp functions/requirements.txt "$stamp" || return
  fi
  from_plan verify
}

secrets() {
  from_plan secrets || return
  ((${#missing[@]} == 0)) && return
  printf 'deploy: the project %s lacks secrets; create each one, then go on:\n' "$project" >&2
  printf '  %s\n' "${missing[@]}" >&2
  return 1
}

rules() {
  need firebase 'install it: npm install -g firebase-tools@14'
  from_plan rules
}

print_ways_back() {
  ((${#ways_back[@]})) || return 0
  echo 'To go back to what served before:'
  printf '  %s\n' "${ways_back[@]}"
}

rest_of() { # STEP: it and the chosen steps after it, for --only
  local step seen=''
  for step in "${chosen[@]}"; do
    [[ $step == "$1" || -n $seen ]] && seen+=${seen:+,}$step
  done
  echo "$seen"
}

# Staging and verifying ask nothing of the cloud; functions.yaml then has no project number and is only good to look at.
needs_cloud=no
for step in "${chosen[@]}"; do
  [[ $step == stage || $step == verify ]] || needs_cloud=yes
done
[[ $needs_cloud == no ]] || find_project_number

# The whole plan before the first change: a fault in the table is told now.
of_plan=("${chosen[@]}")
[[ ${of_plan[0]} != stage ]] || of_plan=("${of_plan[@]:1}")
planned=''
((${#of_plan[@]} == 0)) || planned=$(plan "${of_plan[@]}")

for step in "${chosen[@]}"; do
  if [[ $dry_run == yes ]]; then printf '\n# %s\n' "$step"; else printf '%s\n' "$step"; fi
  status=0
  case $step in
    stage | verify | secrets | rules) "$step" || status=$? ;;
    *) from_plan "$step" || status=$? ;;
  esac
  if ((status != 0)); then
    print_ways_back >&2
    printf 'deploy: step %s failed (exit %d); no later step was done. Mend what is said above, then go on with:\n' "$step" "$status" >&2
    printf '  ./deploy.sh --project %q%s --only %s\n' "$project" "${region:+ --region $region}" "$(rest_of "$step")" >&2
    exit "$status"
  fi
done
[[ $dry_run == yes ]] || print_ways_back
