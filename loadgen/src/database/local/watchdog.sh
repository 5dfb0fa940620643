# The watchdog of a private cluster. It makes the directory, waits for its standard input to end, and then
# leaves nothing behind. The tool holds the other end of that input; however the tool ends, the input ends too.
#
# $1: the directory; $2: "keep" to leave the directory there, stopped cleanly.

# The tool is asked to stop by these; the watchdog stops when the tool has.
trap '' HUP INT TERM QUIT
umask 077
directory=$1
keep=$2
mkdir "$directory" || exit 1
echo ready
exec >/dev/null 2>&1

while read -r _; do :; done

# Where the tool has closed the cluster itself, the directory is gone or holds no pid.
pid_in() { cat "$directory/$1" 2>/dev/null; }

stop_all() {
    pid=$(pid_in initdb.pid)
    if [ -n "$pid" ]; then
        # Half a cluster is of no use to anybody.
        keep=
        kill -s KILL -- "-$pid"
    fi
    tries=0
    while pid=$(pid_in server.pid) && [ "$tries" -lt 300 ]; do
        if [ -n "$pid" ]; then
            case $tries in
                # Postgres gives its own children five seconds before it kills them; so does this.
                0) if [ "$keep" = keep ]; then kill -INT "$pid"; else kill -QUIT "$pid"; fi; kill -CONT "$pid" ;;
                150) kill -QUIT "$pid" ;;
                280) kill -KILL "$pid" ;;
            esac
            kill -0 "$pid" || break
            # Where nobody reaps orphans a dead server stays visible; its own lock file tells the truth.
            [ "$tries" -gt 0 ] && [ ! -e "$directory/data/postmaster.pid" ] && break
        fi
        tries=$((tries + 1))
        sleep 0.05
    done
    rm -f "$directory/server.pid" "$directory/initdb.pid"
}

stop_all
[ "$keep" = keep ] && exit 0

# What had been started and not yet written its pid either finds its directory moved away, and ends, or has
# written the pid by now.
if mv "$directory" "$directory.gone"; then
    directory=$directory.gone
    stop_all
fi
tries=0
until rm -rf "$directory" || [ "$tries" -ge 100 ]; do
    tries=$((tries + 1))
    sleep 0.05
done
