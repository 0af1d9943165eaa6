#include "engines/loginspection/lookup_list.h"

#include <algorithm>

#include "base/text.h"

namespace warder::loginspection {

LookupList::LookupList(std::string_view text) {
  for (std::string_view line : split(text, '\n')) {
    line = trim(line);
    if (line.empty() || line.front() == '#') continue;
    std::string_view key;
    std::string_view value;
    if (line.front() == '"' && line.find('"', 1) != std::string_view::npos) {
      const std::size_t end = line.find('"', 1);
      key = line.substr(1, end - 1);
      value = line.substr(end + 1);
      if (value.starts_with(':')) value.remove_prefix(1);
    } else {
      const std::size_t colon = line.find(':');
      key = line.substr(0, colon);
      if (colon != std::string_view::npos) value = line.substr(colon + 1);
    }
    value = trim(value);
    if (value.size() > 1 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    values_.try_emplace(std::string(key), value);
  }
}

LookupList::LookupList(std::vector<std::pair<std::string, std::string>> entries) {
  values_.reserve(entries.size());
  for (auto& [key, value] : entries) values_.try_emplace(std::move(key), std::move(value));
}

std::vector<std::pair<std::string, std::string>> LookupList::entries() const {
  std::vector<std::pair<std::string, std::string>> all(values_.begin(), values_.end());
  std::sort(all.begin(), all.end());
  return all;
}

const std::string* LookupList::find(std::string_view key) const noexcept {
  const auto found = values_.find(key);
  return found == values_.end() ? nullptr : &found->second;
}

const std::string* LookupList::find_address(std::string_view address) const noexcept {
  if (const std::string* const whole = find(address)) return whole;
  for (std::size_t end = address.find_last_of(".:"); end != std::string_view::npos && end > 0;
       end = address.find_last_of(".:", end - 1)) {
    if (const std::string* const found = find(address.substr(0, end + 1))) return found;
  }
  return nullptr;
}

Lists read_lists(const std::vector<SourceText>& texts) {
  Lists lists;
  for (const SourceText& source : texts) {
    const auto list = std::make_shared<const LookupList>(source.text);
    std::string_view name = source.name;
    if (name.ends_with(".cdb")) name.remove_suffix(4);
    lists.insert_or_assign(std::string(name), list);
    for (std::size_t slash = name.find('/'); slash != std::string_view::npos; slash = name.find('/', slash + 1)) {
      lists.try_emplace(std::string(name.substr(slash + 1)), list);
    }
  }
  return lists;
}

}  // namespace warder::loginspection
