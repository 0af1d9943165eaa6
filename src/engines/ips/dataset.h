// Named sets of values that rules look up and change: `dataset`, `datarep`.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/bytes.h"
#include "base/result.h"
#include "engines/ips/matches.h"

namespace warder::ips {

enum class DatasetType : std::uint8_t { String, Md5, Sha256, Ipv4, Ip };
std::optional<DatasetType> find_dataset_type(std::string_view name) noexcept;

/// Thread-safe: engines of several cores share it.
class Dataset {
 public:
  Dataset(std::string name, DatasetType type, std::size_t max_items)
      : name_(std::move(name)), type_(type), max_items_(max_items) {}

  [[nodiscard]] DatasetType type() const noexcept { return type_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

  /// Adds the lines of a file: a value as the type writes it (strings in base64), and after a comma its reputation.
  /// Invalid names the line.
  Result<void> load(std::string_view text);
  /// Adds the values under `key` ("ioc.host": nested) of the objects of a JSON array, or of one object a line.
  Result<void> load_json(std::string_view text, std::string_view array_key, std::string_view key);
  /// Adds one value written as in a file.
  Result<void> add_text(std::string_view value, std::uint16_t reputation);

  /// A value matches when what follows one of its dots is in the set (`match subdomain`; values begin with a dot).
  void match_subdomains() noexcept { matches_subdomains_ = true; }

  /// The reputation of a value, nothing when it is not in the set.
  [[nodiscard]] std::optional<std::uint16_t> find(ByteView value) const;
  /// False when the set is full or has it already; Unset: when it was not there.
  bool set(ByteView value);
  bool unset(ByteView value);
  [[nodiscard]] std::size_t size() const;

 private:
  [[nodiscard]] std::optional<std::string> key_of(ByteView value) const;
  [[nodiscard]] Result<std::string> key_of_text(std::string_view text, bool is_plain) const;

  const std::string name_;
  const DatasetType type_;
  const std::size_t max_items_;
  mutable std::mutex mutex_;  // guards items_
  bool matches_subdomains_ = false;
  std::unordered_map<std::string, std::uint16_t> items_;
};

/// What `dataset:` does with a buffer.
bool run_dataset(const DatasetTest& test, ByteView value);

/// The sets of one rule set, by name.
class Datasets {
 public:
  /// The set of this name, made if need be; Invalid when it exists with another type.
  Result<std::shared_ptr<Dataset>> get(std::string_view name, std::optional<DatasetType> type, std::size_t max_items);

 private:
  std::map<std::string, std::shared_ptr<Dataset>, std::less<>> sets_;
};

}  // namespace warder::ips
