# shellcheck shell=sh
# Server processes that outlive the script that starts them. Sourced by scripts that set $program, their name, and $run,
# the folder of process ids and logs, and define mark_of NAME: what the command line of that server holds and no other's,
# as process ids are used again.

say() { echo "$program: $*"; }
die() { say "$*" >&2; exit 1; }

pid_file() { echo "$run/$1.pid"; }

# pid_of NAME prints the process id of our server; it fails if that does not run.
pid_of() {
  pid=$(head -n 1 "$(pid_file "$1")" 2>/dev/null) && [ -n "$pid" ] || return 1
  { tr '\0' ' ' <"/proc/$pid/cmdline" || ps -o args= -p "$pid"; } 2>/dev/null | grep -qF -- "$(mark_of "$1")" || return 1
  echo "$pid"
}

# background NAME COMMAND... starts a server, in a session of its own where that is possible.
background() {
  name=$1
  shift
  command -v setsid >/dev/null 2>&1 && set -- setsid "$@"
  : >"$run/log/$name.log"
  nohup "$@" >>"$run/log/$name.log" 2>&1 </dev/null 9>&- &
  echo $! >"$(pid_file "$name")"
}

# listening PORT tells whether somebody accepts connections on 127.0.0.1.
listening() {
  perl -MIO::Socket::INET -e 'exit !IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => shift, Timeout => 1)' "$1"
}

# family PID prints it and its children: the backends of Postgres, the workers of nginx.
family() { ps -A -o pid= -o ppid= | awk -v pid="$1" '$1 == pid || $2 == pid { print $1 }'; }

# signal_family SIGNAL PID: the parent first, so that it starts no further child if it is to stop; and the children that it
# had before as well as those it has after, as a killed parent has none. Any of them may have ended meanwhile.
signal_family() {
  children=$(family "$2")
  for p in "$2" $children; do kill "-$1" "$p" 2>/dev/null || true; done
  for p in $(family "$2"); do kill "-$1" "$p" 2>/dev/null || true; done
}

# until_true SECONDS COMMAND... polls until the command succeeds; it fails after that time.
until_true() {
  deadline=$(($(date +%s) + $1))
  shift
  until "$@"; do
    [ "$(date +%s)" -lt "$deadline" ] || return 1
    sleep 0.1
  done
}

# all_gone PID... and all_frozen PID... tell the state of processes.
all_gone() {
  for p in "$@"; do
    case $(ps -o stat= -p "$p") in "" | Z*) ;; *) return 1 ;; esac
  done
}
all_frozen() {
  for p in "$@"; do
    case $(ps -o stat= -p "$p") in "" | Z* | T*) ;; *) return 1 ;; esac
  done
}

# end NAME SIGNAL ends a server and what it started: with the signal, after 30 s with SIGKILL.
end() {
  server=$(pid_of "$1") || return 0
  processes=$(family "$server")
  signal_family CONT "$server"
  kill "-$2" "$server" 2>/dev/null || true
  # shellcheck disable=SC2086 # a list of process ids
  if ! until_true 30 all_gone $processes; then
    say "$1 did not end within 30 s: killed"
    shoot "$1"
  fi
}

# shoot NAME ends a server and what it started at once.
shoot() {
  server=$(pid_of "$1") || return 0
  processes=$(family "$server")
  signal_family KILL "$server"
  # shellcheck disable=SC2086
  until_true 10 all_gone $processes || die "$1 cannot be killed"
}

# freeze NAME stops it in its tracks: its connections stay open and nothing answers.
freeze() {
  server=$(pid_of "$1") || die "$1 does not run"
  signal_family STOP "$server"
  # shellcheck disable=SC2046
  until_true 10 all_frozen $(family "$server") || die "$1 does not freeze"
}

thaw() {
  server=$(pid_of "$1") || die "$1 does not run"
  signal_family CONT "$server"
}
