# For installers: one at a time. Test runners start them several times at once; one installs, the others wait for it.
# Reads `lock`, the path of the lock: a link that names its owner, so that one left by a killed process can be told.
until ln -s $$ "$lock" 2>/dev/null; do
  owner=$(readlink "$lock" || echo)
  if [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null; then rm -f "$lock"; else sleep 1; fi
done
trap 'rm -f "$lock"' EXIT
trap 'exit 130' HUP INT TERM
