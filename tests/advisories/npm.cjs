// OSV's evaluation by node-semver: records and queries in on stdin, ids out. The first argument is its folder.
//
// Independent of mcpsign: written after the specification's pseudo-code, sorting and folding.

const semver = require(process.argv[2]);
const asked = JSON.parse(require("fs").readFileSync(0, "utf8"));

const kinds = ["introduced", "fixed", "last_affected"];

function inRange(version, events) {
  const limits = events.filter((event) => "limit" in event).map((event) => event.limit);
  if (limits.length && !limits.some((limit) => limit === "*" || semver.lt(version, limit))) return false;
  const before = (one, other) => {
    const [[kind, text]] = Object.entries(one);
    const [[otherKind, otherText]] = Object.entries(other);
    if (text !== "0" && otherText !== "0" && semver.compare(text, otherText)) return semver.compare(text, otherText);
    if ((text === "0") !== (otherText === "0")) return text === "0" ? -1 : 1;
    return kinds.indexOf(kind) - kinds.indexOf(otherKind);
  };
  let vulnerable = false;
  for (const event of events.filter((event) => !("limit" in event)).sort(before)) {
    const [[kind, text]] = Object.entries(event);
    if (kind === "introduced" && (text === "0" || semver.gte(version, text))) vulnerable = true;
    else if (kind === "fixed" && semver.gte(version, text)) vulnerable = false;
    else if (kind === "last_affected" && semver.gt(version, text)) vulnerable = false;
  }
  return vulnerable;
}

// Nobody can tell where an event is no version; such a range is left to others.
const isOrdered = (events) =>
  events.every((event) => Object.values(event).every((text) => text === "0" || text === "*" || semver.valid(text)));

function affects(record, name, version) {
  return record.affected.some(
    (affected) =>
      affected.package.ecosystem === "npm" &&
      affected.package.name === name &&
      ((affected.versions || []).includes(version) ||
        (affected.ranges || []).some(
          (range) => range.type !== "GIT" && isOrdered(range.events) && inRange(version, range.events),
        )),
  );
}

const answers = asked.queries.map(([name, version]) =>
  semver.valid(version) === null
    ? null
    : (asked.records[name] || []).filter((record) => affects(record, name, version)).map((record) => record.id).sort(),
);
process.stdout.write(JSON.stringify(answers));
