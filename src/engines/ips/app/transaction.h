// A transaction is what rules judge in an application protocol: a request with its response, a handshake, a query. A
// parser makes and fills it; detection asks it for named buffers, numbers and files.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "engines/ips/app/buffers.h"
#include "engines/ips/app/numbers.h"
#include "engines/ips/app/protocol.h"

namespace warder::ips::app {

class File;

enum class BufferState : std::uint8_t {
  Absent,    // the transaction will never have it (or no more instances)
  Pending,   // it may still come: ask again after the next feed
  Partial,   // a stream (body, file): `bytes` is what is kept now, more will follow
  Complete,  // whole and final
};

/// A buffer as it is now. `bytes` stay valid until the parser is fed again or the transaction is released.
struct BufferView {
  BufferState state = BufferState::Absent;
  ByteView bytes;
  std::uint64_t offset = 0;  // of bytes[0] in the whole stream; 0 for what is not a stream

  static BufferView absent() noexcept { return {}; }
  static BufferView pending() noexcept { return {BufferState::Pending, {}, 0}; }
  static BufferView complete(ByteView bytes) noexcept { return {BufferState::Complete, bytes, 0}; }
  static BufferView partial(ByteView bytes, std::uint64_t offset = 0) noexcept {
    return {BufferState::Partial, bytes, offset};
  }
};

/// What detection keeps with a transaction. Parsers leave it alone.
class InspectionMemory {
 public:
  virtual ~InspectionMemory() = default;
};

/// One per request/response, handshake, query … Single-threaded, like all of a flow.
class Transaction {
 public:
  Transaction() = default;
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  virtual ~Transaction() = default;

  /// The `instance`-th buffer of this name on this side (0 for single ones; instances end at the first Absent). A
  /// buffer that belongs to the other side is Absent. Built on first demand where that costs (the parser keeps the
  /// result).
  virtual BufferView buffer(BufferId id, Direction direction, std::size_t instance) = 0;

  /// A number that rules compare (`dns.opcode`, `mqtt.type`, `urilen` …). Instances as above.
  virtual std::optional<std::uint64_t> number(NumberId /*id*/, Direction /*direction*/, std::size_t /*instance*/) {
    return std::nullopt;
  }
  /// True when `number` may still get (more) instances on this side.
  [[nodiscard]] bool is_open(Direction direction) const noexcept { return !complete_[index(direction)]; }

  /// Files carried on this side, oldest first.
  virtual std::span<const std::unique_ptr<File>> files(Direction /*direction*/) { return {}; }

  /// Nothing more will come on this side: buffers that are Pending now are Absent for detection.
  [[nodiscard]] bool is_complete(Direction direction) const noexcept { return complete_[index(direction)]; }
  [[nodiscard]] bool is_complete() const noexcept { return complete_[0] && complete_[1]; }
  void complete(Direction direction) noexcept {
    if (!complete_[index(direction)]) touch(direction);
    complete_[index(direction)] = true;
  }

  /// How far a side is, in the parser's own steps (rules: `http1.request_headers` hooks, engine: pending or not).
  [[nodiscard]] std::uint8_t progress(Direction direction) const noexcept { return progress_[index(direction)]; }
  void set_progress(Direction direction, std::uint8_t progress) noexcept {
    if (progress != progress_[index(direction)]) touch(direction);
    progress_[index(direction)] = progress;
  }

  /// To be called whenever detection has something new to see on a side: detection skips transactions whose revision
  /// it has seen. complete, set_progress and raise call it themselves.
  void touch(Direction direction) noexcept { ++revision_[index(direction)]; }
  [[nodiscard]] std::uint32_t revision(Direction direction) const noexcept { return revision_[index(direction)]; }

  /// Protocol anomalies, for `app-layer-event:<protocol>.<name>`: the number is the row in ParserInfo::events. An event
  /// belongs to the side on which it was seen.
  void raise(std::uint8_t event, Direction direction) noexcept {
    if (event < kMaxEvents) events_.set(event);
    touch(direction);
  }
  [[nodiscard]] bool has_event(std::uint8_t event) const noexcept { return event < kMaxEvents && events_.test(event); }

  /// A transaction of one side only (a notification, a DNS answer without query): the other side is never inspected.
  void set_only(Direction direction) noexcept { only_ = direction; }
  [[nodiscard]] std::optional<Direction> only() const noexcept { return only_; }

  std::uint64_t id = 0;  // counts up in the flow; set by TransactionList
  std::unique_ptr<InspectionMemory> inspection;

 private:
  static constexpr std::size_t kMaxEvents = 128;
  std::bitset<kMaxEvents> events_;
  std::uint32_t revision_[2] = {0, 0};
  std::uint8_t progress_[2] = {0, 0};
  bool complete_[2] = {false, false};
  std::optional<Direction> only_;
};

/// The open transactions of a flow, oldest first.
class TransactionList {
 public:
  /// Takes it over and numbers it.
  Transaction& add(std::unique_ptr<Transaction> transaction);
  [[nodiscard]] std::size_t size() const noexcept { return items_.size(); }
  [[nodiscard]] bool is_empty() const noexcept { return items_.empty(); }
  [[nodiscard]] Transaction& operator[](std::size_t place) const noexcept { return *items_[place]; }
  [[nodiscard]] Transaction* newest() const noexcept { return items_.empty() ? nullptr : items_.back().get(); }
  [[nodiscard]] std::uint64_t total() const noexcept { return next_id_; }
  /// Removes those that `is_done` accepts.
  template <class Predicate>
  void release_if(Predicate is_done) {
    std::erase_if(items_, [&](const std::unique_ptr<Transaction>& item) { return is_done(*item); });
  }

 private:
  std::vector<std::unique_ptr<Transaction>> items_;
  std::uint64_t next_id_ = 0;
};

}  // namespace warder::ips::app
