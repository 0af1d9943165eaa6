// A transaction that stores what its parser decoded: named buffers, numbers and files, in the order in which they came.
// Most protocols need no other.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engines/ips/app/file.h"
#include "engines/ips/app/transaction.h"

namespace warder::ips::app {

/// Bounded: fields over kMaxStoredBytes or kMaxFields are not kept.
class FieldTransaction : public Transaction {
 public:
  static constexpr std::size_t kMaxStoredBytes = 1024UL * 1024;
  static constexpr std::size_t kMaxFields = 4096;

  /// Adds an instance of a buffer, copied.
  void put(BufferId which, Direction direction, std::string_view text);
  void put(BufferId which, Direction direction, ByteView bytes) { put(which, direction, as_text(bytes)); }
  void put_if_any(BufferId which, Direction direction, std::string_view text) {
    if (!text.empty()) put(which, direction, text);
  }
  void put(NumberId which, Direction direction, std::uint64_t value);
  /// The file's content, name and digests are answered as file.data and file.name.
  File& add_file(Direction direction, std::unique_ptr<File> file);
  [[nodiscard]] File* newest_file(Direction direction) const noexcept;
  [[nodiscard]] bool has(BufferId which) const noexcept;

  BufferView buffer(BufferId which, Direction direction, std::size_t instance) override;
  std::optional<std::uint64_t> number(NumberId which, Direction direction, std::size_t instance) override;
  std::span<const std::unique_ptr<File>> files(Direction direction) override;

  /// Both sides at once: for protocols where a message is a transaction.
  void complete_only(Direction direction) noexcept {
    set_only(direction);
    complete(Direction::ToServer);
    complete(Direction::ToClient);
  }

 private:
  struct Text {
    BufferId id;
    Direction direction;
    std::string bytes;
  };
  struct Value {
    NumberId id;
    Direction direction;
    std::uint64_t value;
  };
  std::vector<Text> texts_;
  std::vector<Value> values_;
  std::vector<std::unique_ptr<File>> files_[2];
  std::size_t stored_bytes_ = 0;
};

/// The only transaction of a flow, made when first asked for. Once detection has released it, what still comes goes to
/// a spare one that nobody judges.
template <class T>
class SoleTransaction {
 public:
  T& get(TransactionList& list) {
    if (!is_made_) {
      is_made_ = true;
      Transaction& made = list.add(std::make_unique<T>());
      id_ = made.id;
      return static_cast<T&>(made);
    }
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (list[i].id == id_) return static_cast<T&>(list[i]);
    }
    if (spare_ == nullptr) spare_ = std::make_unique<T>();
    return *spare_;
  }
  [[nodiscard]] bool is_made() const noexcept { return is_made_; }

 private:
  bool is_made_ = false;
  std::uint64_t id_ = 0;
  std::unique_ptr<T> spare_;
};

}  // namespace warder::ips::app
