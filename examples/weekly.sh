#!/bin/sh
# Analyses the logs of the last seven days and mails what is new since the last run.
#
#   INCIDENT_TO=security@example.com weekly.sh [options of 'incident analyze']
#
#   INCIDENT_TO       who gets the mail; separate several with commas
#   INCIDENT_STATE    folder for the state        [$HOME/.local/state/incident]
#   INCIDENT_REPORTS  folder for the reports      [$HOME/.local/share/incident/reports]
#   INCIDENT_DAYS     days of the window          [7]
#   INCIDENT_KEEP     days of state to keep       [100]
#
# The exit code is that of 'incident analyze' (3: input was lost, 4: --fail-on), so that cron and systemd see it. It is
# 1 if the analysis succeeded and the mail could not be sent. The report file stays in either case.
set -u
umask 077
LC_ALL=C.UTF-8
export LC_ALL

to=${INCIDENT_TO:?set it to the address that gets the mail}
state=${INCIDENT_STATE:-${XDG_STATE_HOME:-${HOME:?}/.local/state}/incident}
reports=${INCIDENT_REPORTS:-${XDG_DATA_HOME:-${HOME:?}/.local/share}/incident/reports}
days=${INCIDENT_DAYS:-7}
keep=${INCIDENT_KEEP:-100}

mkdir -p "$reports" || exit 1
name=$reports/weekly-$(date -u +%Y-%m-%dT%H%M%SZ)-$$
report=$name.txt
log=$name.log

mail_file() { # subject, file
    if command -v mail >/dev/null 2>&1; then
        mail -s "$1" "$to" <"$2"
    else
        {
            printf 'To: %s\nSubject: %s\nMIME-Version: 1.0\n' "$to" "$1"
            printf 'Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n\n'
            cat "$2"
        } | PATH=$PATH:/usr/sbin:/usr/lib sendmail -t -oi
    fi
}

incident analyze --days "$days" --state "$state" --output "$report" "$@" 2>"$log"
code=$?

case $code in
0 | 3 | 4) complete=yes ;; # Done, input lost, findings at or above --fail-on: the report is complete.
*) complete=no ;;
esac
if [ "$complete" = yes ] && [ -s "$report" ]; then
    subject=$(head -n 1 "$report")
    body=$report
else
    # There is no report. Mail the log instead.
    [ "$code" -ne 0 ] || code=1
    printf '\nThere is no report: incident ended with exit code %s.\n' "$code" >>"$log"
    subject="incident: FAILED with exit code $code, no report"
    body=$log
fi

if ! mail_file "$subject" "$body"; then
    echo "weekly.sh: not mailed to $to: $body ($subject)" >&2
    [ "$code" -ne 0 ] || code=1
fi

incident state prune --keep "$keep" --state "$state" >>"$log" 2>&1 ||
    echo "weekly.sh: the state was not pruned, see $log" >&2

exit "$code"
