// The agent's events until the manager has them: a SQLite file that survives a kill and, once append() has returned, a
// power cut.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/outgoing_queue.h"
#include "base/bytes.h"
#include "base/result.h"
#include "model/event.h"
#include "protocol/agent.pb.h"

namespace warder::agent {

struct SpoolLimits {
  std::uint64_t max_events = 1'000'000;
  std::uint64_t max_bytes = 256 << 20;
};

struct SpoolStatus {
  Bytes epoch;
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;
  std::uint64_t first = 0;         // oldest sequence held; 0: none
  std::uint64_t last = 0;          // newest ever given; 0: none
  std::uint64_t acknowledged = 0;  // everything up to here is the manager's
  std::uint64_t lost = 0;          // evicted and not yet told
  std::uint64_t lost_ever = 0;     // in this epoch
  bool is_writable = true;         // false: the last write failed (disk full)
  std::string error;
};

/// Thread-safe: the supervisor appends while the uplink sends.
///
/// Sequence numbers belong to an epoch (16 random bytes, made with the file). What a full spool evicts is kept as
/// contiguous ranges until the manager has been told. Between two ranges lies an event that is still held, so there are
/// never more ranges than events + 1.
class Spool {
 public:
  /// Corrupt when the file is no sound spool: the caller moves it aside (see open_or_replace).
  static Result<std::unique_ptr<Spool>> open(const std::filesystem::path& file, SpoolLimits limits);
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  /// All or none, durable on return. Makes room by evicting the least severe, oldest first. Unavailable when the disk
  /// is full: nothing was written, try again.
  Result<void> append(std::span<const protocol::Event> events);

  /// The oldest events that are not acknowledged, and the losses up to the last of them (all losses when no event is
  /// left). Empty when there is nothing to tell. The highest sequence in it is what its acknowledgement will name.
  Result<protocol::EventBatch> next_batch(std::size_t max_events, std::size_t max_bytes) const;

  /// Forgets everything up to `sequence`. Of another epoch or beyond `last`: Invalid, and nothing changes.
  Result<void> acknowledge(ByteView epoch, std::uint64_t sequence);

  /// Forgets single events that the manager can never store.
  Result<void> discard(ByteView epoch, std::span<const std::uint64_t> sequences);

  /// Begins a new epoch and renumbers what is held from 1. For a manager that knows more of this epoch than we do: the
  /// file was put back to an earlier state, and sequences would be given twice.
  Result<void> restart_epoch();

  /// Takes effect at the next append().
  void set_limits(SpoolLimits limits);

  [[nodiscard]] SpoolStatus status() const;

  /// From now on append() puts what the options want into the outgoing queue, too; without options what waits there is
  /// forgotten.
  Result<void> keep_outgoing(std::optional<OutgoingOptions> options);
  /// As OutgoingQueue has them.
  Result<std::vector<OutgoingItem>> next_outgoing(std::uint64_t after, std::size_t max_events, std::size_t max_bytes);
  Result<void> forget_outgoing(std::uint64_t upto, const OutgoingCounts& counts);
  [[nodiscard]] OutgoingStatus outgoing() const;

 private:
  struct Database;
  Spool(std::unique_ptr<Database> database, SpoolLimits limits);

  Result<void> evict_surplus();
  Result<void> change_outgoing(const std::function<Result<void>()>& change);

  mutable std::mutex mutex_;  // guards everything below
  std::unique_ptr<Database> database_;
  std::unique_ptr<OutgoingQueue> outgoing_;  // in database_
  std::optional<OutgoingOptions> outgoing_options_;
  SpoolLimits limits_;
  SpoolStatus status_;
};

struct OpenedSpool {
  std::unique_ptr<Spool> spool;
  std::filesystem::path moved_aside;  // the corrupt file that was replaced; empty: none
};
/// Opens the spool; a corrupt file is renamed to "<file>.corrupt-<suffix>" and a new epoch begins.
Result<OpenedSpool> open_or_replace_spool(const std::filesystem::path& file, SpoolLimits limits,
                                          std::string_view suffix);

}  // namespace warder::agent
