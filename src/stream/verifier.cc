#include "stream/verifier.h"

#include <algorithm>
#include <array>

#include "base/json.h"

namespace warder::stream {
namespace {

constexpr std::size_t kRemembered = 65'536;

struct KindWord {
  FindingKind kind;
  std::string_view word;
};
constexpr std::array<KindWord, 12> kKinds{{{FindingKind::Damaged, "damaged"},
                                           {FindingKind::Gap, "gap"},
                                           {FindingKind::Reordered, "reordered"},
                                           {FindingKind::Forked, "forked"},
                                           {FindingKind::Forged, "forged"},
                                           {FindingKind::Unsigned, "unsigned"},
                                           {FindingKind::Silence, "silence"},
                                           {FindingKind::Restarted, "restarted"},
                                           {FindingKind::Stopped, "stopped"},
                                           {FindingKind::Changed, "changed"},
                                           {FindingKind::Lost, "lost"},
                                           {FindingKind::Repeated, "repeated"}}};

std::string range(std::uint64_t from, std::uint64_t to) {
  if (from == to) return "record " + std::to_string(from);
  return "records " + std::to_string(from) + " to " + std::to_string(to);
}

}  // namespace

std::string_view name(FindingKind kind) noexcept {
  const auto* const found = std::ranges::find(kKinds, kind, &KindWord::kind);
  return found == kKinds.end() ? "" : found->word;
}

bool is_finding(FindingKind kind) noexcept {
  return kind != FindingKind::Repeated;
}

std::string Verified::text() const {
  return json::serialize(json::object{
             {"number", number}, {"hash", to_hex(hash)}, {"next", to_rfc3339(next)}, {"stopped", is_stopped}}) +
         "\n";
}

Result<Verified> Verified::parse(std::string_view text) {
  const json::value value = WD_TRY(parse_json(text));
  if (!value.is_object()) return fail(ErrorCode::Invalid, "no state of a verification");
  const json::object& object = value.get_object();
  Verified verified;
  const Bytes hash = WD_TRY(from_hex(WD_TRY(get_string(object, "hash"))));
  const std::int64_t number = WD_TRY(get_int(object, "number"));
  if (hash.size() != verified.hash.size() || number < 0) return fail(ErrorCode::Invalid, "no state of a verification");
  std::ranges::copy(hash, verified.hash.begin());
  verified.number = static_cast<std::uint64_t>(number);
  verified.next = WD_TRY(parse_rfc3339(WD_TRY(get_string(object, "next"))));
  verified.is_stopped = WD_TRY(get_bool(object, "stopped"));
  return verified;
}

bool VerifyReport::is_intact() const noexcept {
  return further == 0 &&
         std::ranges::none_of(findings, [](const Finding& finding) { return is_finding(finding.kind); });
}

Verifier::Verifier(VerifyOptions options) : options_(std::move(options)) {
  if (!options_.begin) return;
  last_ = options_.begin->number;
  next_ = options_.begin->next;
  is_stopped_ = options_.begin->is_stopped;
  has_begun_ = last_ > 0;
  if (has_begun_) known_[last_] = {options_.begin->hash, {}, true};
}

void Verifier::find(FindingKind kind, std::uint64_t from, std::uint64_t to, std::string_view place,
                    std::string detail) {
  if (report_.findings.size() >= kMaxFindings) {
    if (is_finding(kind)) ++report_.further;
    return;
  }
  report_.findings.push_back({kind, from, to, std::string(place), std::move(detail)});
}

void Verifier::take(std::string_view line, std::string_view place) {
  const auto record = parse_line(line);
  if (!record) return find(FindingKind::Damaged, 0, 0, place, "no record of a stream: " + record.error().message);
  if (record->stream != options_.key.name)
    return find(FindingKind::Damaged, record->number, record->number, place, "of another stream, " + record->stream);
  ++report_.records;
  take_record(*record, hash_of(*record), place);
}

void Verifier::take_record(const Record& record, const crypto::Digest& hash, std::string_view place) {
  if (!place_in_order(record, hash, place)) return;
  bind(record, hash, place);
  const bool is_signed =
      record.signature &&
      crypto::is_signed_by(options_.key.key, signed_text(record.stream, record.number, hash), *record.signature);
  if (record.signature && !is_signed)
    find(FindingKind::Forged, record.number, record.number, place,
         range(record.number, record.number) + " is not signed by the manager's key");
  const auto behind = known_.find(record.number + 1);
  const bool is_bound = behind != known_.end() && behind->second.is_covered && behind->second.before == hash;
  if (is_signed || is_bound) cover(record.number);
  forget_old();
}

// Of the records before the beginning, only the last is known.
bool Verifier::place_in_order(const Record& record, const crypto::Digest& hash, std::string_view place) {
  const std::uint64_t number = record.number;
  if (const auto same = known_.find(number); same != known_.end()) {
    if (same->second.hash == hash) {
      const bool is_begin = options_.begin && number == options_.begin->number;
      if (!is_begin) find(FindingKind::Repeated, number, number, place, range(number, number) + " once more");
      return false;
    }
    if (number == 1 && record.before == crypto::Digest{}) {
      begin_again(record, place);
      return true;
    }
    find(FindingKind::Forked, number, number, place, range(number, number) + " again, with another content");
    return false;
  }
  if (number <= last_) {
    if (options_.begin && number < options_.begin->number) return false;  // verified before
    if (fill_gap(number)) {
      find(FindingKind::Reordered, number, number, place,
           range(number, number) + " comes after record " + std::to_string(last_));
      return true;
    }
    if (number == 1) {
      begin_again(record, place);
      return true;
    }
    find(FindingKind::Forked, number, number, place,
         range(number, number) + " again, too long after its place to be compared");
    return false;
  }
  if (number > last_ + 1) missing_[last_ + 1] = number - 1;
  note_time(record, place);
  last_ = number;
  return true;
}

void Verifier::begin_again(const Record& record, std::string_view place) {
  close();
  find(FindingKind::Restarted, 1, 1, place, "the stream begins again at record 1");
  last_ = 1;
  note_time(record, place);
}

bool Verifier::fill_gap(std::uint64_t number) {
  auto found = missing_.upper_bound(number);
  if (found == missing_.begin()) return false;
  --found;
  const auto [from, to] = *found;
  if (number > to) return false;
  missing_.erase(found);
  if (from < number) missing_[from] = number - 1;
  if (number < to) missing_[number + 1] = to;
  return true;
}

// Heartbeats, and what the manager says of itself.
void Verifier::note_time(const Record& record, std::string_view place) {
  const std::uint64_t number = record.number;
  if (has_begun_ && record.time > next_ + options_.grace) {
    find(FindingKind::Silence, number, number, place,
         "nothing between the heartbeat that was due " + to_rfc3339(next_) + " and " + to_rfc3339(record.time));
  }
  if (record.kind == RecordKind::Started && has_begun_ && !is_stopped_)
    find(FindingKind::Restarted, number, number, place, "the manager started without having stopped in order");
  if (record.kind == RecordKind::Stopped)
    find(FindingKind::Stopped, number, number, place, "the manager stopped the stream at " + to_rfc3339(record.time));
  if (record.kind == RecordKind::Changed)
    find(FindingKind::Changed, number, number, place, "the stream's settings changed at " + to_rfc3339(record.time));
  if (record.kind == RecordKind::Lost)
    find(FindingKind::Lost, number, number, place,
         "events were missing where the manager keeps them: read " + range(number, number));
  is_stopped_ = record.kind == RecordKind::Stopped;
  has_begun_ = true;
  next_ = record.next;
}

void Verifier::bind(const Record& record, const crypto::Digest& hash, std::string_view place) {
  const std::uint64_t number = record.number;
  const auto before = known_.find(number - 1);
  const bool follows =
      number == 1 ? record.before == crypto::Digest{} : before == known_.end() || before->second.hash == record.before;
  if (!follows)
    find(FindingKind::Forged, number == 1 ? 1 : number - 1, number, place,
         "record " + std::to_string(number) + " is bound to another record than the one before it");
  const auto behind = known_.find(number + 1);
  if (behind != known_.end() && behind->second.before != hash)
    find(FindingKind::Forged, number, number + 1, place,
         "record " + std::to_string(number + 1) + " is bound to another record than the one before it");
  known_[number] = {hash, record.before, false};
}

// By the chain, a signature is one of all records before, as far as they are bound to one another.
void Verifier::cover(std::uint64_t number) {
  auto each = known_.find(number);
  each->second.is_covered = true;
  while (each != known_.begin()) {
    const auto behind = each--;
    if (each->first + 1 != behind->first || each->second.is_covered || each->second.hash != behind->second.before)
      return;
    each->second.is_covered = true;
  }
}

void Verifier::note_unsigned(std::uint64_t number) {
  if (unsigned_ && unsigned_->second + 1 == number) {
    unsigned_->second = number;
    return;
  }
  tell_unsigned();
  unsigned_ = {number, number};
}

void Verifier::tell_unsigned() {
  if (unsigned_)
    find(FindingKind::Unsigned, unsigned_->first, unsigned_->second, "",
         "no signature covers " + range(unsigned_->first, unsigned_->second));
  unsigned_.reset();
}

void Verifier::forget_old() {
  while (known_.size() > kRemembered) {
    const auto& [number, record] = *known_.begin();
    if (!record.is_covered) note_unsigned(number);
    known_.erase(known_.begin());
  }
}

// What is known of the chain so far is all that will be.
void Verifier::close() {
  for (const auto& [from, to] : missing_) find(FindingKind::Gap, from, to, "", range(from, to) + " missing");
  missing_.clear();
  for (const auto& [number, record] : known_) {
    if (!record.is_covered) note_unsigned(number);
  }
  tell_unsigned();
  if (!known_.empty()) {
    report_.end.number = known_.rbegin()->first;
    report_.end.hash = known_.rbegin()->second.hash;
  }
  known_.clear();
}

VerifyReport Verifier::finish(std::optional<Timestamp> now) {
  close();
  if (!has_begun_) find(FindingKind::Gap, 0, 0, "", "there is no record at all");
  if (now && has_begun_ && !is_stopped_ && *now > next_ + options_.grace)
    find(FindingKind::Silence, last_, last_, "",
         "nothing since record " + std::to_string(last_) + ": a heartbeat was due " + to_rfc3339(next_));
  if (now && has_begun_ && is_stopped_ && *now > next_ + options_.grace && options_.begin &&
      options_.begin->is_stopped && report_.records == 0)
    find(FindingKind::Stopped, last_, last_, "", "the stream is still stopped");
  report_.end.next = next_;
  report_.end.is_stopped = is_stopped_;
  return std::move(report_);
}

}  // namespace warder::stream
