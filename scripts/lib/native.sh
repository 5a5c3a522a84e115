# shellcheck shell=sh
# The servers as processes of this machine, for scripts/infra. Data, logs and jars are under .infra/.

mark_of() {
  case $1 in
    postgres) echo "$infra/postgres" ;;
    redis) echo "redis-server 127.0.0.1:$(port_of redis)" ;;
    zookeeper) echo "$infra/zookeeper.properties" ;;
    kafka) echo "$infra/kafka.properties" ;;
    dynamodb) echo "$infra/jars/dynamodb" ;;
  esac
}

# Postgres and Redis write theirs themselves.
pid_file() {
  if [ "$1" = postgres ]; then echo "$infra/postgres/postmaster.pid"; else echo "$infra/$1.pid"; fi
}

# ---- Postgres ----

pg_bin() {
  for bin in /usr/lib/postgresql/*/bin; do :; done # the newest
  [ -x "$bin/postgres" ] || bin=$(dirname "$(command -v postgres)")
  echo "$bin"
}

# as_owner COMMAND... runs it as who owns the database files: Postgres refuses to be root.
as_owner() {
  if [ "$(id -u)" = 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi
}

sql() { PGCONNECT_TIMEOUT=5 "$(pg_bin)/psql" -h 127.0.0.1 -p "$(port_of postgres)" -U postgres -XqtA -v ON_ERROR_STOP=1 "$@"; }

start_postgres() {
  data=$infra/postgres
  if [ ! -f "$data/PG_VERSION" ]; then
    mkdir -p "$data"
    [ "$(id -u)" != 0 ] || chown postgres "$data"
    as_owner test -w "$data" || die "the user postgres cannot reach $data: every folder above must be open to it"
    as_owner "$(pg_bin)/initdb" -D "$data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$infra/log/initdb.log" ||
      die "initdb failed, see $infra/log/initdb.log"
    # Without fsync a database survives its own crash, not the machine's: enough here, and quick.
    as_owner tee -a "$data/postgresql.conf" >/dev/null <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
fsync = off
full_page_writes = off
timezone = 'UTC'
logging_collector = off
CONF
  fi
  log=$infra/log/postgres.log
  : >>"$log"
  [ "$(id -u)" != 0 ] || chown postgres "$log"
  as_owner "$(pg_bin)/pg_ctl" -D "$data" -s -w -t 60 -l "$log" -o "-p $(port_of postgres)" start 9>&- || die "postgres did not start, see $log"
  [ -n "$(sql -d postgres -c "SELECT 1 FROM pg_roles WHERE rolname = 'chat'")" ] ||
    sql -d postgres -c "CREATE ROLE chat LOGIN CREATEDB PASSWORD 'chat'"
  [ -n "$(sql -d postgres -c "SELECT 1 FROM pg_database WHERE datname = 'chat'")" ] ||
    sql -d postgres -c "CREATE DATABASE chat OWNER chat"
}

# ---- Redis ----

start_redis() {
  redis-server --bind 127.0.0.1 --port "$(port_of redis)" --daemonize yes --pidfile "$infra/redis.pid" \
    --logfile "$infra/log/redis.log" --dir "$infra" --save '' --appendonly no --databases 64 9>&- >/dev/null
}

# ---- what runs on Java ----

# jars NAME fetches the jars that deploy/infra/NAME.pom.xml lists, once per version of that file.
jars() {
  pom=$root/deploy/infra/$1.pom.xml
  to=$infra/jars/$1
  ! cmp -s "$pom" "$to/pom.xml" || return 0
  say "fetching the jars of $1 with Maven"
  rm -rf "$to" "$to.new"
  mvn -B -q -f "$pom" dependency:copy-dependencies -DoutputDirectory="$to.new" >"$infra/log/maven-$1.log" 2>&1 </dev/null ||
    die "maven failed, see $infra/log/maven-$1.log"
  cp "$pom" "$to.new/pom.xml"
  mv "$to.new" "$to"
}

start_zookeeper() {
  cat >"$infra/zookeeper.properties" <<CONF
dataDir=$infra/zookeeper
clientPort=$(port_of zookeeper)
clientPortAddress=127.0.0.1
admin.enableServer=false
maxClientCnxns=0
CONF
  background zookeeper java -Xmx128m -cp "$infra/jars/kafka/*" \
    org.apache.zookeeper.server.quorum.QuorumPeerMain "$infra/zookeeper.properties"
}

start_kafka() {
  cat >"$infra/kafka.properties" <<CONF
broker.id=0
listeners=PLAINTEXT://127.0.0.1:$(port_of kafka)
zookeeper.connect=127.0.0.1:$(port_of zookeeper)
zookeeper.connection.timeout.ms=60000
zookeeper.session.timeout.ms=10000
log.dirs=$infra/kafka
auto.create.topics.enable=false
num.partitions=3
offsets.topic.num.partitions=3
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=4194304
CONF
  background kafka java -Xmx256m -cp "$infra/jars/kafka/*" kafka.Kafka "$infra/kafka.properties"
}

start_dynamodb() {
  set -- -inMemory
  if [ "${INFRA_DYNAMODB-}" = disk ]; then
    mkdir -p "$infra/dynamodb"
    set -- -dbPath "$infra/dynamodb"
  fi
  background dynamodb java -Xmx256m -Djava.library.path="$infra/jars/dynamodb" \
    -Dsqlite4java.library.path="$infra/jars/dynamodb" -cp "$infra/jars/dynamodb/*" \
    com.amazonaws.services.dynamodbv2.local.main.ServerRunner -port "$(port_of dynamodb)" -sharedDb -disableTelemetry "$@"
}

# ---- what scripts/infra does with them ----

native_answers() {
  case $1 in
    postgres) sql -d chat -c 'SELECT 1' ;;
    redis) redis-cli -p "$(port_of redis)" ping | grep -q PONG ;;
    kafka) grep -q 'KafkaServer id=0\] started' "$infra/log/kafka.log" && listening "$(port_of kafka)" ;;
    *) listening "$(port_of "$1")" ;;
  esac >/dev/null 2>&1
}

# native_up SERVICE... starts those that do not run and returns when all of them answer.
native_up() {
  sh "$root/scripts/setup" servers
  mkdir -p "$infra/log" "$infra/jars"
  exec 9>"$infra/lock"
  ! command -v flock >/dev/null 2>&1 || flock 9 # another may be at work
  for s in "$@"; do
    if pid_of "$s" >/dev/null; then continue; fi
    ! listening "$(port_of "$s")" || die "port $(port_of "$s") of $s is taken by another process"
    case $s in
      zookeeper | kafka) jars kafka ;;
      dynamodb) jars dynamodb ;;
    esac
    say "starting $s on 127.0.0.1:$(port_of "$s")"
    "start_$s"
  done
  for s in "$@"; do await "$s"; done
}

# await SERVICE returns when it answers, 90 s at most.
await() {
  deadline=$(($(date +%s) + 90))
  until native_answers "$1"; do
    [ "$(date +%s)" -lt "$deadline" ] || die "$1 does not answer, see .infra/log/$1.log"
    sleep 0.5
    if pid_of "$1" >/dev/null; then continue; fi
    # A broker that was killed is refused until ZooKeeper has forgotten its last session: it tries again.
    [ "$1" = kafka ] || die "$1 ended, see .infra/log/$1.log"
    sleep 2
    start_kafka
  done
  say "$1 answers"
}

native_stop() {
  pid_of "$1" >/dev/null || return 0
  say "ending $1"
  # Postgres: SIGINT ends open sessions, SIGTERM would wait for them.
  if [ "$1" = postgres ]; then end postgres INT; else end "$1" TERM; fi
}

native_kill() {
  shoot "$1"
  # Until init has collected the dead process, the next Postgres takes it for a living one.
  [ "$1" != postgres ] || rm -f "$(pid_file postgres)"
}

native_pause() { freeze "$1"; }

native_resume() {
  thaw "$1"
  await "$1"
}

native_status() {
  if ! pid=$(pid_of "$1"); then
    say "$1 does not run"
  elif all_frozen "$pid"; then
    say "$1 is paused, process $pid"
  elif native_answers "$1"; then
    say "$1 runs on 127.0.0.1:$(port_of "$1"), process $pid"
    return 0
  else
    say "$1 runs and does not answer, process $pid"
  fi
  return 1
}
