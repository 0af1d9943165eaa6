// Making records, and opening them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stream/keys.h"
#include "stream/record.h"

namespace warder::stream {

/// Where a chain has come to.
struct ChainPlace {
  std::uint64_t number = 0;
  crypto::Digest last{};
  friend bool operator==(const ChainPlace&, const ChainPlace&) = default;
};

/// One batch: records that follow one another, the last one signed.
class BatchWriter {
 public:
  /// Invalid for a receiver's key that is none. `key` outlives it.
  static Result<BatchWriter> create(const StreamKey& key, const crypto::HpkePublicKey& receiver,
                                    const ChainPlace& place);
  void add(RecordKind kind, Timestamp time, Timestamp next, std::string_view body);
  [[nodiscard]] std::size_t size() const noexcept { return records_.size(); }
  /// Where the chain is behind what was added.
  [[nodiscard]] const ChainPlace& place() const noexcept { return place_; }
  /// Signs.
  [[nodiscard]] std::vector<Record> finish() &&;

 private:
  BatchWriter(const StreamKey& key, crypto::HpkeContext::Sender sender, const ChainPlace& place)
      : key_(&key), sender_(std::move(sender)), place_(place) {}
  const StreamKey* key_;
  crypto::HpkeContext::Sender sender_;
  ChainPlace place_;
  std::vector<Record> records_;
};

/// Opens bodies, one batch after the other. Single-threaded; the key outlives it.
class BodyReader {
 public:
  explicit BodyReader(const crypto::HpkePrivateKey& key) noexcept : key_(key) {}
  /// Corrupt when the record was sealed to somebody else, or was changed.
  Result<std::string> read(const Record& record);

 private:
  const crypto::HpkePrivateKey& key_;
  std::optional<crypto::HpkeContext> context_;
  crypto::HpkePublicKey encapsulated_{};
  std::string stream_;
};

}  // namespace warder::stream
