// The text that a person reads, by message id and language: content/messages/<locale>.json.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/event.h"

namespace warder {

/// Catalogues of message texts with `{field.key}` placeholders. Immutable after loading, so safe to share.
class Messages {
 public:
  /// Every `<locale>.json` of the directory; fails when there is no en.json.
  static Result<Messages> load(const std::filesystem::path& directory);

  /// Adds one catalogue: a flat JSON object from message id to text.
  Result<void> add(std::string_view locale, std::string_view json_text);

  using Fields = std::vector<std::pair<std::string, EventValue>>;
  /// The text of message `id` in `locale` ("ja", "ja-JP"), else in English, else the id itself. A placeholder whose
  /// field is absent becomes "?".
  [[nodiscard]] std::string render(std::string_view id, const Fields& fields, std::string_view locale) const;
  [[nodiscard]] std::string render(const Event& event, std::string_view locale) const {
    return render(event.type, event.fields, locale);
  }

  /// The unrendered text, or nullptr.
  [[nodiscard]] const std::string* find(std::string_view id, std::string_view locale) const noexcept;
  /// All ids of a locale, sorted.
  [[nodiscard]] std::vector<std::string_view> ids(std::string_view locale) const;
  [[nodiscard]] std::vector<std::string_view> locales() const;

 private:
  using Catalogue = std::map<std::string, std::string, std::less<>>;
  std::map<std::string, Catalogue, std::less<>> catalogues_;
};

/// The placeholders of a text in order of appearance, each once.
std::vector<std::string_view> placeholders(std::string_view text);

}  // namespace warder
