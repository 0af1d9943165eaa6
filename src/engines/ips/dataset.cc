#include "engines/ips/dataset.h"

#include <boost/json.hpp>

#include "base/address.h"
#include "base/text.h"
#include "engines/ips/base64.h"

namespace warder::ips {

namespace {

constexpr std::size_t kMd5Bytes = 16;
constexpr std::size_t kSha256Bytes = 32;

/// The value under "a.b" in nested objects; null when there is none.
const boost::json::value* find_in(const boost::json::value& value, std::string_view path) {
  const auto* here = &value;
  while (!path.empty()) {
    if (!here->is_object()) return nullptr;
    const auto dot = path.find('.');
    here = here->get_object().if_contains(path.substr(0, dot));
    if (here == nullptr) return nullptr;
    path = dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
  }
  return here;
}

std::string address_key(const IpAddress& address) {
  return std::string(as_text({address.bytes().data(), address.bytes().size()}));
}

}  // namespace

std::optional<DatasetType> find_dataset_type(std::string_view name) noexcept {
  if (name == "string") return DatasetType::String;
  if (name == "md5") return DatasetType::Md5;
  if (name == "sha256") return DatasetType::Sha256;
  if (name == "ipv4") return DatasetType::Ipv4;
  if (name == "ip") return DatasetType::Ip;
  return std::nullopt;
}

std::optional<std::string> Dataset::key_of(ByteView value) const {
  switch (type_) {
    case DatasetType::String:
      return std::string(as_text(value));
    case DatasetType::Md5:
      return value.size() == kMd5Bytes ? std::optional(std::string(as_text(value))) : std::nullopt;
    case DatasetType::Sha256:
      return value.size() == kSha256Bytes ? std::optional(std::string(as_text(value))) : std::nullopt;
    case DatasetType::Ipv4:
    case DatasetType::Ip: {
      if (value.size() == 4) {
        return address_key(IpAddress::v4(static_cast<std::uint32_t>(value[0]) << 24 |
                                         static_cast<std::uint32_t>(value[1]) << 16 |
                                         static_cast<std::uint32_t>(value[2]) << 8 | value[3]));
      }
      if (value.size() == 16 && type_ == DatasetType::Ip) return std::string(as_text(value));
      const auto address = parse_ip(as_text(value));
      return address ? std::optional(address_key(*address)) : std::nullopt;
    }
  }
  return std::nullopt;
}

Result<std::string> Dataset::key_of_text(std::string_view text, bool is_plain) const {
  const auto bad = [&] { return fail(ErrorCode::Invalid, "\"" + std::string(text) + "\" is not a value of its type"); };
  switch (type_) {
    case DatasetType::String:
      if (is_plain) return std::string(text);
      return std::string(as_text(decode_base64(as_bytes(text), Base64Mode::Lenient)));
    case DatasetType::Md5:
    case DatasetType::Sha256: {
      const auto bytes = from_hex(text);
      if (!bytes || bytes->size() != (type_ == DatasetType::Md5 ? kMd5Bytes : kSha256Bytes)) return bad();
      return std::string(as_text(*bytes));
    }
    case DatasetType::Ipv4:
    case DatasetType::Ip: {
      const auto address = parse_ip(text);
      if (!address || (type_ == DatasetType::Ipv4 && !address->is_v4())) return bad();
      return address_key(*address);
    }
  }
  return bad();
}

Result<void> Dataset::load(std::string_view text) {
  std::size_t number = 0;
  for (auto line : split(text, '\n')) {
    ++number;
    line = trim(line);
    if (line.empty()) continue;
    const auto comma = line.find(',');
    std::uint16_t reputation = 0;
    if (comma != std::string_view::npos)
      reputation = parse_integer<std::uint16_t>(trim(line.substr(comma + 1))).value_or(0);
    if (auto added = add_text(trim(line.substr(0, comma)), reputation); !added) {
      return std::move(added).in(name_ + ", line " + std::to_string(number));
    }
  }
  return {};
}

Result<void> Dataset::add_text(std::string_view value, std::uint16_t reputation) {
  auto key = WD_TRY(key_of_text(value, false));
  const std::lock_guard lock(mutex_);
  if (items_.size() < max_items_) items_.insert_or_assign(std::move(key), reputation);
  return {};
}

Result<void> Dataset::load_json(std::string_view text, std::string_view array_key, std::string_view key) {
  const auto add = [&](const boost::json::value& object) -> Result<void> {
    const auto* const value = find_in(object, key);
    if (value == nullptr || !value->is_string()) {
      return fail(ErrorCode::Invalid, name_ + ": no \"" + std::string(key) + "\" in an entry");
    }
    auto made = WD_TRY(key_of_text(std::string_view(value->get_string()), true).in(name_));
    const std::lock_guard lock(mutex_);
    if (items_.size() < max_items_) items_.insert_or_assign(std::move(made), std::uint16_t{0});
    return {};
  };
  boost::system::error_code error;
  const auto whole = boost::json::parse(text, error);
  if (!error) {
    const auto* const list = array_key.empty() ? &whole : find_in(whole, array_key);
    if (list == nullptr) return fail(ErrorCode::Invalid, name_ + ": no \"" + std::string(array_key) + "\"");
    if (!list->is_array()) return add(*list);
    for (const auto& object : list->get_array()) {
      if (auto added = add(object); !added) return added;
    }
    return {};
  }
  for (auto line : split(text, '\n')) {
    line = trim(line);
    if (line.empty()) continue;
    const auto object = boost::json::parse(line, error);
    if (error) return fail(ErrorCode::Invalid, name_ + ": not JSON: " + std::string(line));
    if (auto added = add(object); !added) return added;
  }
  return {};
}

std::optional<std::uint16_t> Dataset::find(ByteView value) const {
  auto key = key_of(value);
  if (!key) return std::nullopt;
  const std::lock_guard lock(mutex_);
  auto found = items_.find(*key);
  while (found == items_.end() && matches_subdomains_) {
    const auto dot = key->find('.', 1);
    if (dot == std::string::npos) break;
    key->erase(0, dot);
    found = items_.find(*key);
  }
  return found == items_.end() ? std::nullopt : std::optional(found->second);
}

bool Dataset::set(ByteView value) {
  auto key = key_of(value);
  if (!key) return false;
  const std::lock_guard lock(mutex_);
  return items_.size() < max_items_ && items_.emplace(std::move(*key), 0).second;
}

bool Dataset::unset(ByteView value) {
  const auto key = key_of(value);
  if (!key) return false;
  const std::lock_guard lock(mutex_);
  return items_.erase(*key) > 0;
}

std::size_t Dataset::size() const {
  const std::lock_guard lock(mutex_);
  return items_.size();
}

bool run_dataset(const DatasetTest& test, ByteView value) {
  auto& set = *test.dataset;
  switch (test.command) {
    case DatasetTest::Command::IsSet:
      return set.find(value).has_value();
    case DatasetTest::Command::IsNotSet:
      return !set.find(value).has_value();
    case DatasetTest::Command::Set:
      return set.set(value);
    case DatasetTest::Command::Unset:
      return set.unset(value);
    case DatasetTest::Command::Reputation: {
      const auto reputation = set.find(value);
      return reputation && test.reputation.matches(*reputation);
    }
  }
  return false;
}

Result<std::shared_ptr<Dataset>> Datasets::get(std::string_view name, std::optional<DatasetType> type,
                                               std::size_t max_items) {
  const auto found = sets_.find(name);
  if (found != sets_.end()) {
    if (type && *type != found->second->type()) {
      return fail(ErrorCode::Invalid, "dataset " + std::string(name) + " has another type in an earlier rule");
    }
    return found->second;
  }
  if (!type) return fail(ErrorCode::Invalid, "dataset " + std::string(name) + " has no type");
  auto made = std::make_shared<Dataset>(std::string(name), *type, max_items);
  sets_.emplace(std::string(name), made);
  return made;
}

}  // namespace warder::ips
