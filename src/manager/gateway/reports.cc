#include "manager/gateway/reports.h"

#include <algorithm>

#include "base/text.h"
#include "crypto/hash.h"
#include "protocol/protocol.h"

namespace warder::manager {
namespace {

constexpr std::size_t kEpochBytes = 16;
constexpr int kMaxModules = 32;
constexpr std::size_t kMaxCounters = 64;
constexpr int kMaxLossRanges = 1000;
constexpr std::size_t kMaxHostname = 255;
constexpr std::size_t kMaxText = 200;
constexpr std::size_t kMaxName = 64;
constexpr std::int64_t kMaxCount = std::int64_t{1} << 53;  // exact in JSON

std::int64_t clamp_count(std::uint64_t count) {
  return count > static_cast<std::uint64_t>(kMaxCount) ? kMaxCount : static_cast<std::int64_t>(count);
}

AgentModule read_module(const protocol::ModuleState& state) {
  AgentModule module;
  module.module = clean_text(state.module(), kMaxName);
  const bool is_known = state.state() == "off" || state.state() == "on" || state.state() == "degraded";
  module.state = is_known ? state.state() : "unknown";
  module.reason = clean_text(state.reason(), kMaxText);
  for (const auto& [key, count] : state.counters()) {
    if (module.counters.size() == kMaxCounters) break;
    module.counters.emplace(clean_text(key, kMaxName), clamp_count(count));
  }
  return module;
}

LossRange read_loss(const protocol::LossRange& loss) {
  const auto severity = std::min(loss.highest_severity(), static_cast<std::uint32_t>(Severity::Critical));
  return {loss.first_sequence(), loss.last_sequence(), loss.events(), static_cast<Severity>(severity)};
}

}  // namespace

std::string clean_text(std::string_view text, std::size_t max_bytes) {
  std::string cleaned;
  for (const char c : text.substr(0, max_bytes)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) cleaned += c;
  }
  // A cut in the middle of a character leaves up to three bytes of it.
  if (text.size() > max_bytes)
    for (std::string cut = cleaned; !cut.empty() && cleaned.size() - cut.size() <= 3; cut.pop_back())
      if (is_utf8(cut)) return cut;
  if (is_utf8(cleaned)) return cleaned;
  std::erase_if(cleaned, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  return cleaned;
}

AgentHello read_hello(const protocol::Hello& hello) {
  AgentHello result;
  result.agent_version = clean_text(hello.agent_version(), kMaxName);
  result.hostname = clean_text(hello.hostname(), kMaxHostname);
  result.os = clean_text(hello.os(), kMaxText);
  result.kernel = clean_text(hello.kernel(), kMaxText);
  result.machine = clean_text(hello.machine_id(), kMaxText);
  result.policy_digest = clean_text(hello.policy_digest(), kMaxName);
  return result;
}

AgentHeartbeat read_heartbeat(const protocol::Heartbeat& heartbeat, Timestamp now) {
  AgentHeartbeat result;
  // Unsigned, because two hostile times must not overflow.
  const auto difference = static_cast<std::int64_t>(static_cast<std::uint64_t>(heartbeat.agent_time_us()) -
                                                    static_cast<std::uint64_t>(to_micros(now)));
  result.clock_offset_ms = difference / 1000;
  for (const protocol::ModuleState& state : heartbeat.modules()) {
    if (result.modules.size() == kMaxModules) break;
    result.modules.push_back(read_module(state));
  }
  result.spool_events = clamp_count(heartbeat.spool_events());
  return result;
}

Result<ReadBatch> read_batch(const protocol::EventBatch& batch) {
  if (batch.spool_epoch().size() != kEpochBytes) return fail(ErrorCode::Invalid, "spool epoch: not 16 bytes");
  if (static_cast<std::size_t>(batch.events_size()) > kMaxEventsPerBatch)
    return fail(ErrorCode::TooLarge, "batch: more than 1000 events");
  if (batch.losses_size() > kMaxLossRanges) return fail(ErrorCode::TooLarge, "batch: more than 1000 loss ranges");
  ReadBatch result;
  result.events.reserve(static_cast<std::size_t>(batch.events_size()));
  for (const protocol::SequencedEvent& item : batch.events()) {
    auto event = protocol::from_wire(item.event());
    if (event) {
      result.events.push_back({item.sequence(), std::move(*event)});
      continue;
    }
    result.poison.push_back(item.sequence());
    result.losses.push_back({item.sequence(), item.sequence(), 1, Severity::Info});
  }
  for (const protocol::LossRange& loss : batch.losses()) {
    if (loss.first_sequence() == 0 || loss.first_sequence() > loss.last_sequence())
      return fail(ErrorCode::Invalid, "loss range: ends before it begins");
    result.losses.push_back(read_loss(loss));
  }
  return result;
}

Bytes spool_name(std::string_view epoch, std::string_view machine) {
  Bytes text;
  append(text, as_bytes(epoch));
  append(text, as_bytes(machine));
  const crypto::Digest digest = crypto::sha256(text);
  return {digest.begin(), digest.begin() + kEpochBytes};
}

}  // namespace warder::manager
