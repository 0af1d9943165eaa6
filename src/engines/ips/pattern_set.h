// Many literal patterns searched for at once: Vectorscan.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace warder::ips {

struct Literal {
  Bytes bytes;
  bool is_nocase = false;
  friend bool operator==(const Literal&, const Literal&) = default;
};

/// Memory that searching needs, for any number of sets; one per thread.
class PatternScratch {
 public:
  PatternScratch();
  ~PatternScratch();
  PatternScratch(const PatternScratch&) = delete;
  PatternScratch& operator=(const PatternScratch&) = delete;

 private:
  friend class PatternSet;
  struct State;
  std::unique_ptr<State> state_;
};

/// Immutable and thread-safe once compiled.
class PatternSet {
 public:
  PatternSet();
  ~PatternSet();
  PatternSet(PatternSet&&) noexcept;
  PatternSet& operator=(PatternSet&&) noexcept;
  PatternSet(const PatternSet&) = delete;
  PatternSet& operator=(const PatternSet&) = delete;

  /// The place of a literal in the list is its id. Internal when the library refuses.
  static Result<PatternSet> compile(const std::vector<Literal>& literals);
  /// As bytes for this kind of processor and this release of the library; empty for an empty set.
  [[nodiscard]] Result<Bytes> serialize() const;
  /// Stale when they are for another processor or release. The bytes must be trusted: they become tables that are
  /// followed without checks.
  static Result<PatternSet> deserialize(ByteView bytes);
  /// Makes `scratch` large enough; to be called once for each set and thread before `scan`.
  void prepare(PatternScratch& scratch) const;

  [[nodiscard]] bool is_empty() const noexcept;
  [[nodiscard]] std::size_t memory() const noexcept;

  /// Calls `found(context, id, offset behind it)` for each occurrence.
  using Found = void (*)(void* context, std::uint32_t id, std::uint64_t end);
  void scan(ByteView bytes, PatternScratch& scratch, Found found, void* context) const;

 private:
  struct Database;
  std::unique_ptr<Database> database_;
};

}  // namespace warder::ips
