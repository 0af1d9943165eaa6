// Whether what a receiver has is the stream as the manager wrote it: numbers, chain, signatures, heartbeats. Needs the
// manager's public key and nothing else: what is in the records stays closed.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crypto/signed_note.h"
#include "stream/record.h"

namespace warder::stream {

enum class FindingKind : std::uint8_t {
  Damaged,    // a line that no stream writes, or that of another stream
  Gap,        // numbers that are missing
  Reordered,  // a record after one that followed it
  Forked,     // the same number with another content
  Forged,     // not signed by the manager's key, or not what the record before or behind it is bound to
  Unsigned,   // records that no signature covers: the end of a batch was cut off
  Silence,    // no heartbeat when one was due
  Restarted,  // the stream begins again at 1, or goes on without having stopped
  Stopped,    // the manager says that it stopped, in order
  Changed,    // the manager says that the stream's settings were changed
  Lost,       // the manager says that events were missing where it keeps them
  Repeated,   // the same record again: how the stream makes sure. No finding, a note
};
std::string_view name(FindingKind kind) noexcept;
/// Whether somebody has to look.
bool is_finding(FindingKind kind) noexcept;

struct Finding {
  FindingKind kind = FindingKind::Damaged;
  std::uint64_t from = 0;  // records, 0: not known
  std::uint64_t to = 0;
  std::string place;  // "file:line"; empty: between lines
  std::string detail;
};

/// How far a verification came: the next one goes on there.
struct Verified {
  std::uint64_t number = 0;
  crypto::Digest hash{};
  Timestamp next{};
  bool is_stopped = false;
  /// JSON, and back.
  [[nodiscard]] std::string text() const;
  static Result<Verified> parse(std::string_view text);
};

struct VerifyOptions {
  crypto::NoteKey key;
  std::chrono::seconds grace{60};   // how much later than due a heartbeat may come
  std::optional<Verified> begin{};  // absent: the stream is there from record 1
};

struct VerifyReport {
  std::uint64_t records = 0;  // that were looked at
  std::vector<Finding> findings;
  std::uint64_t further = 0;  // findings beyond kMaxFindings
  Verified end;
  /// Nothing that somebody has to look at.
  [[nodiscard]] bool is_intact() const noexcept;
};
inline constexpr std::size_t kMaxFindings = 10'000;

/// Takes lines in the order in which the receiver has them. In memory are the last 65,536 records' hashes, and a range
/// for each gap.
class Verifier {
 public:
  explicit Verifier(VerifyOptions options);
  /// `place` is "file:line".
  void take(std::string_view line, std::string_view place);
  /// `now` absent: that nothing came lately is no finding.
  VerifyReport finish(std::optional<Timestamp> now);

 private:
  struct Known {
    crypto::Digest hash{};
    crypto::Digest before{};
    bool is_covered = false;  // by a signature
  };
  void find(FindingKind kind, std::uint64_t from, std::uint64_t to, std::string_view place, std::string detail);
  void take_record(const Record& record, const crypto::Digest& hash, std::string_view place);
  /// False when it is no new record.
  bool place_in_order(const Record& record, const crypto::Digest& hash, std::string_view place);
  void begin_again(const Record& record, std::string_view place);
  void note_unsigned(std::uint64_t number);
  void tell_unsigned();
  bool fill_gap(std::uint64_t number);
  void bind(const Record& record, const crypto::Digest& hash, std::string_view place);
  void cover(std::uint64_t number);
  void forget_old();
  void close();
  void note_time(const Record& record, std::string_view place);

  const VerifyOptions options_;
  VerifyReport report_;
  std::map<std::uint64_t, std::uint64_t> missing_;  // from → to
  std::map<std::uint64_t, Known> known_;
  std::optional<std::pair<std::uint64_t, std::uint64_t>> unsigned_;
  std::uint64_t last_ = 0;
  Timestamp next_{};
  bool has_begun_ = false;
  bool is_stopped_ = false;
};

}  // namespace warder::stream
