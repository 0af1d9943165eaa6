#include "agent/inline_path.h"

#include "model/kernel_names.h"

namespace warder::agent {
namespace {

constexpr std::chrono::milliseconds kTickPeriod{500};

void add(std::atomic<std::uint64_t>& counter, std::uint64_t count) noexcept {
  counter.fetch_add(count, std::memory_order_relaxed);
}

}  // namespace

Result<void> InlinePath::step(std::chrono::milliseconds patience) {
  const auto received = WD_TRY(source_.receive(patience));
  const auto arrived = std::chrono::steady_clock::now();
  if (!received.empty()) last_time_ = received.back().time;
  verdicts_.clear();
  bool is_late = false;
  for (const host::ReceivedPacket& packet : received) {
    ++number_;
    if (is_late || std::chrono::steady_clock::now() - arrived > options_.budget) {
      if (!is_late) add(counters_.late_batches, 1);
      is_late = true;
      add(counters_.shed, 1);
      verdicts_.emplace_back();
      continue;
    }
    packet::Frame frame;
    frame.time = packet.time;
    frame.bytes = packet.bytes;
    frame.link = static_cast<packet::LinkType>(packet.link);
    frame.number = number_;
    frame.wire_length = packet.wire_length;
    frame.has_partial_checksums = packet.has_partial_checksums;
    add(counters_.bytes, packet.bytes.size());
    verdicts_.push_back(carry_out(judge_.judge(frame), packet));
  }
  add(counters_.packets, received.size());
  if (arrived - last_tick_ > kTickPeriod) {
    last_tick_ = arrived;
    counters_.lost.store(source_.counters().lost, std::memory_order_relaxed);
    judge_.tick(last_time_);  // also where nothing comes any more: others wait for what it has to say
  }
  return source_.answer(verdicts_);
}

host::PacketVerdict InlinePath::carry_out(Judgement judgement, const host::ReceivedPacket& received) {
  const bool prevents = mode_.load(std::memory_order_relaxed) == InlineMode::Prevent;
  const std::uint32_t kept = received.mark & ~options_.mark_mask;
  host::PacketVerdict verdict;
  switch (judgement) {
    case Judgement::Pass:
      break;
    case Judgement::Enough:
      add(counters_.enough, 1);
      verdict.mark = kept | kernel::kMarkInspectedEnough;
      break;
    case Judgement::Drop:
      add(prevents ? counters_.dropped : counters_.would_drop, 1);
      verdict.is_dropped = prevents;
      break;
    case Judgement::Condemn:
      add(prevents ? counters_.dropped : counters_.would_drop, 1);
      if (!prevents) break;
      add(counters_.condemned, 1);
      // The kernel's rules behind the queue save the mark and refuse the packet.
      verdict.mark = kept | kernel::kMarkCondemned;
      break;
  }
  return verdict;
}

}  // namespace warder::agent
