#include "model/messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "base/file.h"
#include "base/json.h"

namespace warder {
namespace {

constexpr std::string_view kKeyCharacters = "abcdefghijklmnopqrstuvwxyz0123456789._";

/// The text up to the next `{key}`, and the key; the key is empty at the end of the text. Other braces are text.
std::pair<std::string_view, std::string_view> next_part(std::string_view text) {
  for (std::size_t open = text.find('{'); open != std::string_view::npos; open = text.find('{', open + 1)) {
    const std::size_t close = text.find_first_not_of(kKeyCharacters, open + 1);
    if (close != std::string_view::npos && text[close] == '}' && close > open + 1) {
      return {text.substr(0, open), text.substr(open + 1, close - open - 1)};
    }
  }
  return {text, {}};
}

std::string text_of(const EventValue& value) {
  struct ToText {
    std::string operator()(std::int64_t number) const { return std::to_string(number); }
    std::string operator()(const std::string& text) const { return text; }
    std::string operator()(bool flag) const { return flag ? "true" : "false"; }
  };
  return std::visit(ToText{}, value);
}

std::string fill(std::string_view text, const Messages::Fields& fields) {
  std::string out;
  for (;;) {
    const auto [before, key] = next_part(text);
    out.append(before);
    if (key.empty()) return out;
    const auto field = std::find_if(fields.begin(), fields.end(), [&](const auto& row) { return row.first == key; });
    out.append(field == fields.end() ? "?" : text_of(field->second));
    text.remove_prefix(before.size() + key.size() + 2);
  }
}

}  // namespace

std::vector<std::string_view> placeholders(std::string_view text) {
  std::vector<std::string_view> keys;
  for (;;) {
    const auto [before, key] = next_part(text);
    if (key.empty()) return keys;
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
    text.remove_prefix(before.size() + key.size() + 2);
  }
}

Result<Messages> Messages::load(const std::filesystem::path& directory) {
  std::error_code error;
  Messages messages;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (entry.path().extension() != ".json") continue;
    const std::string text = WD_TRY(read_file(entry.path()));
    WD_TRY(messages.add(entry.path().stem().string(), text).in(entry.path().string()));
  }
  if (!messages.catalogues_.contains("en")) {
    return fail(ErrorCode::NotFound, directory.string() + ": has no message catalogue en.json");
  }
  return messages;
}

Result<void> Messages::add(std::string_view locale, std::string_view json_text) {
  const json::value document = WD_TRY(parse_json(json_text));
  if (!document.is_object()) return fail(ErrorCode::Invalid, "a catalogue is an object of texts");
  Catalogue catalogue;
  for (const auto& member : document.get_object()) {
    const std::string_view text = WD_TRY(get_string(document.get_object(), member.key()));
    catalogue.emplace(member.key(), text);
  }
  catalogues_[std::string(locale)] = std::move(catalogue);
  return {};
}

const std::string* Messages::find(std::string_view id, std::string_view locale) const noexcept {
  const auto catalogue = catalogues_.find(locale);
  if (catalogue == catalogues_.end()) return nullptr;
  const auto text = catalogue->second.find(id);
  return text == catalogue->second.end() ? nullptr : &text->second;
}

std::string Messages::render(std::string_view id, const Fields& fields, std::string_view locale) const {
  for (const std::string_view wanted : {locale, locale.substr(0, locale.find_first_of("-_")), std::string_view("en")}) {
    if (const std::string* text = find(id, wanted)) return fill(*text, fields);
  }
  return std::string(id);
}

std::vector<std::string_view> Messages::ids(std::string_view locale) const {
  std::vector<std::string_view> out;
  const auto catalogue = catalogues_.find(locale);
  if (catalogue == catalogues_.end()) return out;
  for (const auto& [id, text] : catalogue->second) out.emplace_back(id);
  return out;
}

std::vector<std::string_view> Messages::locales() const {
  std::vector<std::string_view> out;
  for (const auto& [locale, catalogue] : catalogues_) out.emplace_back(locale);
  return out;
}

}  // namespace warder
