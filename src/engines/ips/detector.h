// Judges one packet, or what it completed in a transaction, by the rules.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engines/ips/alert.h"
#include "engines/ips/flow_state.h"
#include "engines/ips/match_engine.h"
#include "engines/ips/rule_set.h"
#include "engines/ips/thresholds.h"

namespace warder::ips {

/// A packet and what of its stream may be judged with it.
struct Inspection {
  PacketContext context;
  ByteView stream = {};             // reassembled bytes of its direction, or empty
  std::uint64_t stream_offset = 0;  // of its first byte
  std::size_t stream_old = 0;       // of these, at the beginning, bytes that were judged before
  bool has_stream = false;
  bool was_added = false;  // the packet's payload is in the stream
  bool is_opaque = false;  // it is encrypted or beyond the depth: not searched
};

/// What a rule has done and cost.
struct RuleCounters {
  std::uint64_t tried = 0;  // evaluations as a candidate
  std::uint64_t matched = 0;
  std::uint64_t measured = 0;  // of the evaluations
  std::uint64_t ticks = 0;     // that these took
};

/// Memory and state of one engine's matching. Single-threaded.
class Detector {
 public:
  Detector(std::shared_ptr<const RuleSet> rules, bool is_inline, Thresholds thresholds = {});
  ~Detector();

  /// Appends to `alerts` and says what becomes of the packet. May change the flow's state.
  Verdict inspect(Inspection& inspection, std::vector<Alert>& alerts);

  [[nodiscard]] const RuleSet& rules() const noexcept { return *rules_; }
  [[nodiscard]] std::uint64_t exhausted() const noexcept { return scratch_.exhausted; }
  /// By rule.
  [[nodiscard]] const std::vector<RuleCounters>& counters() const noexcept { return counters_; }
  /// From now on the rule is as if it were not there.
  void suspend(RuleIndex rule) noexcept { marks_[rule] = kSuspended; }
  /// Whether evaluations are timed, with which clock: null not.
  void measure(std::uint64_t (*ticks)()) noexcept { ticks_ = ticks; }
  /// What outlives a change of rules.
  [[nodiscard]] Thresholds take_thresholds() noexcept { return std::move(thresholds_); }

 private:
  struct Hit {
    RuleIndex rule;
    std::optional<std::uint64_t> transaction;
    bool is_of_flow;  // its verdict is for the whole flow
  };
  enum class Answer : std::uint8_t { Yes, No, Wait };
  class TransactionMemory;
  struct Pending;

  // detector.cc
  void inspect_packet_rules(Inspection& inspection);
  void add_waiting(const Inspection& inspection);
  void keep_waiting(RuleIndex rule, const Inspection& inspection, bool matched);
  void inspect_once_per_flow(Inspection& inspection);
  void inspect_flow_events(Inspection& inspection);
  void inspect_frames(Inspection& inspection);
  bool frame_matches(const Rule& rule, const app::NotedFrame& frame);
  void scan(std::uint16_t group, ByteView bytes, std::size_t old_bytes);
  void scan_payload(const PayloadGroups& groups, const Inspection& inspection);
  void add_candidate(RuleIndex rule);
  template <class Evaluation>
  auto counted(RuleIndex rule, const Evaluation& evaluation) {
    auto& counters = counters_[rule];
    ++counters.tried;
    if (ticks_ == nullptr) return evaluation();
    const auto begin = ticks_();
    const auto answer = evaluation();
    counters.ticks += ticks_() - begin;
    ++counters.measured;
    return answer;
  }
  /// With the flow's protocol, or that of the parser whose transaction is judged.
  [[nodiscard]] bool header_matches(const Rule& rule, const PacketContext& context);
  [[nodiscard]] bool header_matches(const Rule& rule, const PacketContext& context, app::Protocol protocol);
  /// Of the packet that is being judged; asked once per header and packet, or while packets are of the same endpoints.
  [[nodiscard]] bool endpoints_match(std::uint32_t header);
  void note_endpoints(const packet::Packet& packet);
  [[nodiscard]] static bool flow_matches(const FlowRequirement& flow, const Inspection& inspection);
  [[nodiscard]] static bool tests_match(const Rule& rule, const PacketContext& context);
  bool packet_parts_match(const Rule& rule, const Inspection& inspection, bool& is_of_flow);
  bool payload_matches(const Rule& rule, const BufferPart& part, const Inspection& inspection, bool& is_of_flow);
  bool part_matches(const BufferPart& part, ByteView bytes, bool is_whole, std::uint64_t origin = 0);
  void hit(RuleIndex rule, Inspection& inspection, std::optional<std::uint64_t> transaction, bool is_of_flow);
  static void apply(const Effect& effect, PacketContext& context);
  static Alert make_alert(const Rule& rule, const Hit& found, const PacketContext& context);
  Verdict conclude(Inspection& inspection, std::vector<Alert>& alerts);

  // detector_transaction.cc
  void inspect_transactions(Inspection& inspection);
  void inspect_transaction(Inspection& inspection, app::Protocol protocol, app::Transaction& transaction);
  bool scan_group(std::uint16_t group, app::Transaction& transaction, Direction direction, std::size_t& inspected);
  Answer judge(const Rule& rule, Pending& pending, Inspection& inspection, app::Protocol protocol,
               app::Transaction& transaction);
  Answer judge_part(const BufferPart& part, app::Transaction& transaction, Direction direction);
  static Answer judge_number(const NumberPart& part, app::Transaction& transaction, Direction direction);
  static Answer judge_file(const FilePart& part, app::Transaction& transaction, Direction direction);
  static Answer judge_events(const Rule& rule, app::Transaction& transaction, Direction direction);

  static constexpr std::uint64_t kSuspended = UINT64_MAX;

  std::shared_ptr<const RuleSet> rules_;
  bool is_inline_;
  PatternScratch pattern_scratch_;
  MatchScratch scratch_;
  Thresholds thresholds_;
  std::vector<RuleIndex> candidates_;
  std::vector<std::uint64_t> marks_;  // by rule: the round in which it became a candidate, or kSuspended
  struct Endpoints {
    IpAddress source;
    IpAddress destination;
    std::uint16_t source_port = 0;
    std::uint16_t destination_port = 0;
    bool has_addresses = false;
    friend bool operator==(const Endpoints&, const Endpoints&) = default;
  };
  Endpoints endpoints_;                        // of the packet that is judged
  std::uint64_t endpoints_round_ = 1;          // counts up when they change
  std::vector<std::uint64_t> header_answers_;  // by header: twice the round in which it was asked, and the answer
  std::vector<RuleCounters> counters_;
  std::uint64_t (*ticks_)() = nullptr;
  std::uint64_t round_ = 0;
  std::vector<Hit> hits_;
};

}  // namespace warder::ips
