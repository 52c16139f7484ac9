# Runs one PostgreSQL in the folder $2 with the programs in $1, until standard input ends: that is when the
# test process ends, however it ends. Prints a line when it answers.
set -e
programs=$1 folder=$2
trap 'status=$?; [ $status = 0 ] || cat "$folder"/*.log >&2; rm -rf "$folder"' EXIT
"$programs/initdb" -D "$folder/data" -U postgres -A scram-sha-256 --pwfile="$folder/password" \
    -E UTF8 --locale=C --no-sync --no-instructions >"$folder/initdb.log" 2>&1
"$programs/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= -c fsync=off \
    -c shared_buffers=16MB >"$folder/postgres.log" 2>&1 &
server=$!
until "$programs/pg_isready" -q -h "$folder"; do
    kill -0 $server
    sleep 0.05
done
echo ready
cat >/dev/null || true
kill -INT $server
wait $server || true
