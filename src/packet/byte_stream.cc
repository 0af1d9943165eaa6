#include "packet/byte_stream.h"

#include <algorithm>
#include <cstring>

namespace warder::packet {
namespace {

enum class Side : std::uint8_t { Before, Same, After };

Side compare(std::uint64_t later, std::uint64_t earlier) noexcept {
  if (later < earlier) return Side::Before;
  return later == earlier ? Side::Same : Side::After;
}

}  // namespace

std::string_view name(StreamPolicy policy) noexcept {
  switch (policy) {
    case StreamPolicy::First:
      return "first";
    case StreamPolicy::Last:
      return "last";
    case StreamPolicy::Bsd:
      return "bsd";
    case StreamPolicy::Linux:
      return "linux";
    case StreamPolicy::OldLinux:
      return "old-linux";
    case StreamPolicy::Windows:
      return "windows";
    case StreamPolicy::Solaris:
      return "solaris";
    case StreamPolicy::MacOs:
      return "macos";
    case StreamPolicy::Vista:
      return "vista";
  }
  return "bsd";
}

bool is_later_favoured(StreamPolicy policy, StreamRange earlier, StreamRange later) noexcept {
  const Side begin = compare(later.begin, earlier.begin);
  const Side end = compare(later.end, earlier.end);
  switch (policy) {
    case StreamPolicy::First:
    case StreamPolicy::Vista:
      return false;
    case StreamPolicy::Last:
      return true;
    case StreamPolicy::Bsd:
    case StreamPolicy::Windows:
    case StreamPolicy::MacOs:
      return begin == Side::Before;
    case StreamPolicy::Linux:
      return begin == Side::Before || (begin == Side::Same && end == Side::After);
    case StreamPolicy::OldLinux:
      return begin == Side::Before || (begin == Side::Same && end != Side::Before);
    case StreamPolicy::Solaris:
      return begin == Side::After ? end == Side::After : end != Side::Before;
  }
  return false;
}

std::uint8_t* ByteStream::at(std::uint64_t offset) noexcept {
  return buffer_.data() + head_ + (offset - base_);
}
const std::uint8_t* ByteStream::at(std::uint64_t offset) const noexcept {
  return buffer_.data() + head_ + (offset - base_);
}

SegmentResult ByteStream::add(std::uint64_t offset, ByteView bytes, const StreamRules& rules, StreamPool& pool) {
  SegmentResult result;
  std::uint64_t end = offset + bytes.size();
  if (bytes.empty()) return result;
  const std::uint64_t depth = rules.limits.depth;
  if (depth != 0 && end > depth) {
    result.is_over_depth = true;
    if (offset >= depth) return result;
    bytes = bytes.first(depth - offset);
    end = depth;
  }
  if (closed_[0] && closed_[1]) {
    base_ = end_ = std::max(end_, end);
    return result;
  }
  if (end <= base_) {
    result.is_retransmission = true;
    result.is_before_base = true;
    return result;
  }
  if (offset < base_) {
    bytes = bytes.subspan(base_ - offset);
    offset = base_;
  }
  if (!make_room({offset, end}, rules.limits, pool)) {
    result.is_over_limit = true;
    return result;
  }
  const StreamRange segment{offset, end};
  const bool is_apart = runs_.empty() || offset >= runs_.back().end;
  if (is_apart) {
    std::memcpy(at(offset), bytes.data(), bytes.size());
    result.is_stored = true;
  } else {
    overlay(segment, bytes, rules, result);
  }
  end_ = std::max(end_, end);
  join_run(segment);
  keep_segment(segment);
  return result;
}

// The bytes of the stream are written over with the segment's, but for those that the host keeps.
void ByteStream::overlay(StreamRange segment, ByteView bytes, const StreamRules& rules, SegmentResult& result) {
  std::uint64_t covered = 0;
  std::uint64_t written = segment.begin;  // all before this is settled
  const auto write_up_to = [&](std::uint64_t to) {
    if (to <= written) return;
    std::memcpy(at(written), bytes.data() + (written - segment.begin), to - written);
    written = to;
  };
  for (const StreamRange& run : runs_) {
    const StreamRange common{std::max(run.begin, segment.begin), std::min(run.end, segment.end)};
    if (common.begin >= common.end) continue;
    covered += common.end - common.begin;
    write_up_to(common.begin);
    const std::size_t count = common.end - common.begin;
    if (std::memcmp(at(common.begin), bytes.data() + (common.begin - segment.begin), count) == 0) {
      written = common.end;
      continue;
    }
    result.overlaps_differently = true;
    settle(segment, common, bytes, rules);
    written = common.end;
  }
  write_up_to(segment.end);
  result.is_retransmission = covered == segment.end - segment.begin;
  result.is_stored = !result.is_retransmission;
}

// Bytes that the stream has and the segment says differently: each earlier segment that holds some decides for its own.
void ByteStream::settle(StreamRange segment, StreamRange common, ByteView bytes, const StreamRules& rules) {
  // Inline, what was let through first is what the host has.
  if (rules.is_inline) return;
  for (std::size_t i = first_segment_; i < segments_.size(); ++i) {
    const StreamRange& earlier = segments_[i];
    const StreamRange part{std::max(earlier.begin, common.begin), std::min(earlier.end, common.end)};
    if (part.begin >= part.end || !is_later_favoured(rules.policy, earlier, segment)) continue;
    std::memcpy(at(part.begin), bytes.data() + (part.begin - segment.begin), part.end - part.begin);
  }
}

void ByteStream::join_run(StreamRange segment) {
  if (!runs_.empty() && segment.begin >= runs_.back().begin) {  // nearly always: it continues the last
    StreamRange& last = runs_.back();
    if (segment.begin <= last.end) {
      last.end = std::max(last.end, segment.end);
    } else {
      runs_.push_back(segment);
    }
    return;
  }
  auto first =
      std::find_if(runs_.begin(), runs_.end(), [&](const StreamRange& run) { return run.end >= segment.begin; });
  auto past = std::find_if(first, runs_.end(), [&](const StreamRange& run) { return run.begin > segment.end; });
  if (first == past) {
    runs_.insert(first, segment);
    return;
  }
  first->begin = std::min(first->begin, segment.begin);
  first->end = std::max(std::prev(past)->end, segment.end);
  runs_.erase(std::next(first), past);
}

void ByteStream::keep_segment(StreamRange segment) {
  if (segments_.size() == first_segment_ || segments_.back().begin <= segment.begin) {
    segments_.push_back(segment);
    return;
  }
  const auto place =
      std::upper_bound(segments_.begin() + static_cast<std::ptrdiff_t>(first_segment_), segments_.end(), segment,
                       [](const StreamRange& a, const StreamRange& b) { return a.begin < b.begin; });
  segments_.insert(place, segment);
}

bool ByteStream::make_room(StreamRange segment, const StreamLimits& limits, StreamPool& pool) {
  if (runs_.empty()) {
    // Nothing is kept, so the buffer may begin where the segment does, unless something may still come before it.
    head_ = 0;
  }
  const std::uint64_t kept_end = runs_.empty() ? base_ : runs_.back().end;
  const std::size_t needed = std::max(segment.end, kept_end) - base_;
  if (segment.begin > kept_end && segment.begin - kept_end > limits.max_ahead) return false;
  if (head_ + needed <= buffer_.size()) return true;
  const std::size_t used = kept_end - base_;
  if (needed <= buffer_.size() / 2) {
    std::memmove(buffer_.data(), buffer_.data() + head_, used);
    head_ = 0;
    return true;
  }
  StreamBuffer larger = pool.take(needed + needed / 2);
  if (larger.size() == 0) {
    if (needed > buffer_.size()) return false;
    std::memmove(buffer_.data(), buffer_.data() + head_, used);
    head_ = 0;
    return true;
  }
  if (used > 0) std::memcpy(larger.data(), buffer_.data() + head_, used);
  pool.give_back(std::move(buffer_));
  buffer_ = std::move(larger);
  head_ = 0;
  return true;
}

void ByteStream::acknowledge(std::uint64_t offset) noexcept {
  acknowledged_ = std::max(acknowledged_, offset);
}

StreamView ByteStream::read(StreamReader reader) const noexcept {
  StreamView view;
  const std::uint64_t from = progress(reader);
  view.offset = from;
  if (!is_open(reader)) return view;
  const std::uint64_t limit = is_released_ ? std::max(end_, acknowledged_) : std::min(acknowledged_, end_);
  for (const StreamRange& run : runs_) {
    if (run.end <= from) continue;
    if (run.begin > from) {
      // A hole: only when the other side has what was in it will it never be filled.
      if (acknowledged_ <= from) return view;
      const std::uint64_t past = std::min(run.begin, acknowledged_);
      view.gap = past - from;
      view.offset = past;
      if (past < run.begin) return view;
    }
    const std::uint64_t end = std::min(run.end, limit);
    if (end > view.offset) view.bytes = {at(view.offset), end - view.offset};
    return view;
  }
  // Nothing is kept after `from`, but the other side has it.
  const std::uint64_t missing_end = std::min(acknowledged_, end_);
  if (missing_end > from) {
    view.gap = missing_end - from;
    view.offset = missing_end;
  }
  return view;
}

bool ByteStream::has_gap() const noexcept {
  if (closed_[0] && closed_[1]) return false;
  std::uint64_t had = std::max(base_, progress(is_open(StreamReader::App) ? StreamReader::App : StreamReader::Raw));
  for (const StreamRange& run : runs_) {
    if (run.end <= had) continue;
    if (run.begin > had) return acknowledged_ > had;
    had = run.end;
  }
  return std::min(acknowledged_, end_) > had;
}

void ByteStream::advance(StreamReader reader, std::uint64_t offset, StreamPool& pool) noexcept {
  std::uint64_t& progress = progress_[static_cast<std::size_t>(reader)];
  if (offset <= progress) return;
  progress = offset;
  forget_old(pool);
}

void ByteStream::close(StreamReader reader, StreamPool& pool) noexcept {
  closed_[static_cast<std::size_t>(reader)] = true;
  forget_old(pool);
}

void ByteStream::forget_old(StreamPool& pool) noexcept {
  std::uint64_t keep_from = end_;
  for (std::size_t i = 0; i < progress_.size(); ++i) {
    if (!closed_[i]) keep_from = std::min(keep_from, progress_[i]);
  }
  const bool is_wanted = !closed_[0] || !closed_[1];
  // Until it is acknowledged the sender may say it again, differently.
  if (is_wanted) keep_from = std::min(keep_from, acknowledged_);
  if (keep_from <= base_) return;
  head_ += keep_from - base_;
  base_ = keep_from;
  auto run = runs_.begin();
  while (run != runs_.end() && run->end <= base_) ++run;
  runs_.erase(runs_.begin(), run);
  if (!runs_.empty()) runs_.front().begin = std::max(runs_.front().begin, base_);
  while (first_segment_ < segments_.size() && segments_[first_segment_].end <= base_) ++first_segment_;
  if (runs_.empty()) {
    segments_.clear();
    first_segment_ = 0;
    head_ = 0;
    pool.give_back(std::move(buffer_));
  } else if (first_segment_ >= 64) {
    segments_.erase(segments_.begin(), segments_.begin() + static_cast<std::ptrdiff_t>(first_segment_));
    first_segment_ = 0;
  }
}

void ByteStream::finish() noexcept {
  is_released_ = true;
  acknowledged_ = std::max(acknowledged_, end_);
}

void ByteStream::reset(StreamPool& pool) noexcept {
  pool.give_back(std::move(buffer_));
  base_ = end_ = acknowledged_ = 0;
  head_ = 0;
  first_segment_ = 0;
  progress_ = {};
  closed_ = {};
  is_released_ = false;
  runs_.clear();
  segments_.clear();
}

}  // namespace warder::packet
