#!/usr/bin/env bash
# Deploys the Brain to a Google Cloud project; what it runs comes from config/brain_scheduler.yaml
# through brain.cli.deploy_plan. It is idempotent: existing resources are updated.
set -euo pipefail

readonly STEPS=(stage verify apis secrets accounts database rules ttl queues functions invokers schedules alerts smoke)
readonly BUILD=build
readonly STAGED=$BUILD/functions
readonly RUNTIME=$BUILD/runtime
readonly MAX_TRIES=6

usage() {
  cat <<EOF
usage: ./deploy.sh --project PROJECT [--region REGION] [--only STEP[,STEP…]] [--dry-run]

  --project   the Google Cloud project (default: \$GOOGLE_CLOUD_PROJECT)
  --region    the region of the functions (default: the region of the table)
  --only      run only these steps, in the order of a whole deployment; functions are always staged and verified
              first, so that no outdated copy is deployed
  --dry-run   print the commands without running them

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
    *) fail_usage "unknown argument: $1" ;;
  esac
done
[[ -n $project ]] || fail_usage 'no project; pass --project'

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
[[ -x $python ]] || { printf 'deploy: %s does not exist; run make install first\n' "$python" >&2 && exit 2; }

logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

require_tool() { # TOOL HOW-TO-INSTALL
  [[ $dry_run == yes ]] || command -v "$1" >/dev/null || { printf 'deploy: %s is not installed; %s\n' "$1" "$2" >&2 && exit 2; }
}

project_number=PROJECT_NUMBER
find_project_number() {
  require_tool gcloud 'install the Google Cloud CLI and run gcloud auth login'
  [[ $dry_run == yes ]] && return
  project_number=$(gcloud projects describe "$project" '--format=value(projectNumber)') || {
    printf 'deploy: cannot read the project %s; check its name, or run gcloud auth login\n' "$project" >&2
    exit 1
  }
}

plan() { # STEP…
  PYTHONPATH=shared "$python" -m brain.cli.deploy_plan "$@" --project "$project" --project-number "$project_number" \
    --runtime-python "$RUNTIME/bin/python" ${region:+--region "$region"}
}

# ---- running one command, or printing it in a dry run

run_or_print() { # COMMAND…
  if [[ $dry_run == yes ]]; then
    printf '%q ' "$@" && echo
  else
    "$@"
  fi
}

is_not_found() { # FILE: whether the error in it says that something does not exist
  grep -qE 'NOT_FOUND|Cannot find service|does not exist' "$1" && ! grep -q PERMISSION_DENIED "$1"
}

run_with_retries() { # COMMAND: retries, because what it refers to may not have propagated yet
  local try status=0
  for ((try = 1; try <= MAX_TRIES; try++)); do
    status=0
    bash -c "$1" >"$logs/retry" 2>&1 || status=$?
    ((status == 0)) && return
    ((try < MAX_TRIES)) && sleep "$((try * ${BRAIN_DEPLOY_WAIT_SECONDS:-5}))"
  done
  cat "$logs/retry" >&2
  return "$status"
}

# ---- the verbs of a plan (brain.cli.deployment.plan_lines)

declare -A previous=()
rollbacks=() missing=() running=() exists=''

probe() { # LABEL COMMAND
  local status=0
  bash -c "$2" >/dev/null 2>"$logs/probe" || status=$?
  if ((status == 0)); then
    exists=yes
  elif is_not_found "$logs/probe"; then
    exists=no
  else
    cat "$logs/probe" >&2
    return "$status"
  fi
}

require() { # LABEL COMMAND
  local status=0
  bash -c "$2" >"$logs/output" 2>"$logs/probe" || status=$?
  if ((status != 0)) && ! is_not_found "$logs/probe"; then
    cat "$logs/probe" >&2
    return "$status"
  fi
  exists=$([[ -s $logs/output ]] && echo yes || echo no)
}

capture() { # LABEL COMMAND
  bash -c "$2" >"$logs/output" 2>"$logs/probe" || is_not_found "$logs/probe" || { cat "$logs/probe" >&2 && return 1; }
  previous[$1]=$(<"$logs/output")
}

expect() { # LABEL=CODE COMMAND
  local code
  code=$(bash -c "$2") || true
  if [[ $code != "${1#*=}" ]]; then
    printf 'deploy: %s responded with %s, expected %s\n' "${1%%=*}" "${code:-nothing}" "${1#*=}" >&2
    return 1
  fi
  printf '  %s responds with %s\n' "${1%%=*}" "$code"
}

wait_for_parallel() { # waits for all commands and shows the log of those that failed
  local entry label status=0 code
  for entry in "${running[@]}"; do
    label=${entry#*:} code=0
    wait "${entry%%:*}" || code=$?
    if ((code != 0)); then
      printf 'deploy: %s failed (exit %d):\n' "$label" "$code" >&2
      tail -n 20 "$logs/parallel.$label" | sed 's/^/    /' >&2
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
    retry) run_with_retries "$3" ;;
    parallel) bash -c "$3" >"$logs/parallel.$2" 2>&1 & running+=("$!:$2") ;;
    probe) probe "$2" "$3" ;;
    update) [[ $exists == no ]] || { [[ $3 == true ]] || { printf '  %s exists and is updated\n' "$2" && bash -c "$3"; }; } ;;
    create) [[ $exists == yes ]] || { printf '  %s is created\n' "$2" && bash -c "$3"; } ;;
    require) require "$2" "$3" ;;
    remedy) [[ $exists == yes ]] || missing+=("$2: $3") ;;
    capture) capture "$2" "$3" ;;
    rollback) [[ -z ${previous[$2]:-} ]] || rollbacks+=("${3/PREVIOUS/${previous[$2]}}") ;;
    expect) expect "$2" "$3" ;;
    *) printf 'deploy: unknown verb in the plan: %s\n' "$1" >&2 && return 2 ;;
  esac
}

print_line() { # VERB LABEL COMMAND
  case $1 in
    probe) printf 'if %s; then\n' "$3" ;;
    update) printf '  %s\nelse\n' "$3" ;;
    create) printf '  %s\nfi\n' "$3" ;;
    parallel) printf '%s &\n' "$3" ;;
    remedy) printf '# if %s does not exist: %s\n' "$2" "$3" ;;
    capture) printf '# captured for a rollback: %s\n' "$3" ;;
    rollback) printf '# to roll back: %s\n' "$3" ;;
    expect) printf '%s # expected: %s\n' "$3" "${2#*=}" ;;
    *) printf '%s\n' "$3" ;;
  esac
}

run_planned() { # STEP
  local planned_step verb label command has_parallel=no status=0
  while read -r planned_step verb label command; do
    [[ $planned_step == "$1" ]] || continue
    [[ $verb != parallel ]] || has_parallel=yes
    if [[ $dry_run == yes ]]; then
      print_line "$verb" "$label" "$command"
    else
      perform "$verb" "$label" "$command" </dev/null || { status=$? && break; }
    fi
  done <<<"$planned"
  if [[ $dry_run == yes ]]; then
    [[ $has_parallel == no ]] || echo wait
  elif ((${#running[@]})); then
    wait_for_parallel || status=$?
  fi
  return "$status"
}

# ---- the steps

# Each is called where bash does not stop at a failure, so each returns at a failure itself.

stage() {
  run_or_print rm -rf "$STAGED" || return
  run_or_print mkdir -p "$STAGED" || return
  run_or_print cp -RL functions/. shared/brain config "$STAGED" || return
  run_or_print find "$STAGED" -name __pycache__ -prune -exec rm -rf '{}' + || return
  # Not checked against the sources, because the upload changes the modification times of files.
  run_or_print "$python" -m compileall -q --invalidation-mode unchecked-hash "$STAGED" || return
  if [[ $dry_run == yes ]]; then
    printf '# %s/functions.yaml is generated from the table\n' "$STAGED"
  else
    plan functions.yaml >"$STAGED/functions.yaml"
  fi
}

install_runtime() { # only the packages that the cloud will install
  local uv=''
  for uv in uv .uv/bin/uv ''; do
    [[ -z $uv ]] || ! command -v "$uv" >/dev/null || break
  done
  if [[ -n $uv ]]; then
    run_or_print "$uv" venv --quiet --clear --python 3.11 "$RUNTIME" || return
    run_or_print "$uv" pip install --quiet --python "$RUNTIME/bin/python" --require-hashes -r functions/requirements.txt
  else
    run_or_print "$python" -m venv --clear "$RUNTIME" || return
    run_or_print "$RUNTIME/bin/python" -m pip install --quiet --require-hashes -r functions/requirements.txt
  fi
}

verify() {
  local stamp=$RUNTIME/.requirements
  if [[ $dry_run == yes ]] || ! cmp -s functions/requirements.txt "$stamp"; then
    install_runtime || return
    run_or_print cp functions/requirements.txt "$stamp" || return
  fi
  run_planned verify
}

secrets() {
  run_planned secrets || return
  ((${#missing[@]} == 0)) && return
  printf 'deploy: the project %s lacks secrets; create each of them, then continue:\n' "$project" >&2
  printf '  %s\n' "${missing[@]}" >&2
  return 1
}

rules() {
  require_tool firebase 'install it: npm install -g firebase-tools@14'
  run_planned rules
}

print_rollbacks() {
  ((${#rollbacks[@]})) || return 0
  echo 'To roll back to the previous revisions:'
  printf '  %s\n' "${rollbacks[@]}"
}

steps_from() { # STEP: it and the chosen steps after it, for --only
  local step seen=''
  for step in "${chosen[@]}"; do
    [[ $step == "$1" || -n $seen ]] && seen+=${seen:+,}$step
  done
  echo "$seen"
}

# Staging and verifying do not access the cloud; functions.yaml then has no project number and cannot be deployed.
needs_cloud=no
for step in "${chosen[@]}"; do
  [[ $step == stage || $step == verify ]] || needs_cloud=yes
done
[[ $needs_cloud == no ]] || find_project_number

# Plan all steps before the first change, so that an invalid table is reported now.
planned_steps=("${chosen[@]}")
[[ ${planned_steps[0]} != stage ]] || planned_steps=("${planned_steps[@]:1}")
planned=''
((${#planned_steps[@]} == 0)) || planned=$(plan "${planned_steps[@]}")

for step in "${chosen[@]}"; do
  if [[ $dry_run == yes ]]; then printf '\n# %s\n' "$step"; else printf '%s\n' "$step"; fi
  status=0
  case $step in
    stage | verify | secrets | rules) "$step" || status=$? ;;
    *) run_planned "$step" || status=$? ;;
  esac
  if ((status != 0)); then
    print_rollbacks >&2
    printf 'deploy: step %s failed (exit %d); no later step was run. Fix the error above, then continue with:\n' "$step" "$status" >&2
    printf '  ./deploy.sh --project %q%s --only %s\n' "$project" "${region:+ --region $region}" "$(steps_from "$step")" >&2
    exit "$status"
  fi
done
[[ $dry_run == yes ]] || print_rollbacks
