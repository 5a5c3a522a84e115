# shellcheck shell=sh
# The servers as containers of docker-compose.yml, for scripts/infra, on the same ports as the native ones.

export POSTGRES_PORT REDIS_PORT ZOOKEEPER_PORT KAFKA_PORT DYNAMODB_PORT
POSTGRES_PORT=$(port_of postgres)
REDIS_PORT=$(port_of redis)
ZOOKEEPER_PORT=$(port_of zookeeper)
KAFKA_PORT=$(port_of kafka)
DYNAMODB_PORT=$(port_of dynamodb)
export DYNAMODB_STORE=-inMemory
[ "${INFRA_DYNAMODB-}" != disk ] || DYNAMODB_STORE="-dbPath data"

compose() { docker compose -f "$root/docker-compose.yml" --profile infra "$@"; }

container_of() { if [ "$1" = dynamodb ]; then echo localstack; else echo "$1"; fi; }

compose_up() {
  for s in "$@"; do
    shift
    set -- "$@" "$(container_of "$s")"
  done
  compose up -d --wait "$@"
}

# unfreeze SERVICE: what is paused can neither be stopped nor killed.
unfreeze() { compose unpause "$(container_of "$1")" >/dev/null 2>&1 || true; }

compose_stop() {
  unfreeze "$1"
  compose stop "$(container_of "$1")"
}

compose_kill() {
  unfreeze "$1"
  compose kill "$(container_of "$1")"
}

compose_pause() { compose pause "$(container_of "$1")"; }

compose_resume() {
  compose unpause "$(container_of "$1")"
  compose_up "$1"
}

compose_status() {
  state=$(compose ps -a --format '{{.State}} {{.Health}}' "$(container_of "$1")")
  case $state in
    "running healthy") say "$1 runs on 127.0.0.1:$(port_of "$1"), in a container" ;;
    "") say "$1 does not run"; return 1 ;;
    *) say "$1: $state"; return 1 ;;
  esac
}
