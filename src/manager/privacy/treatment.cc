#include "manager/privacy/treatment.h"

#include <algorithm>
#include <functional>

#include "base/text.h"
#include "manager/privacy/pseudonym.h"

namespace warder::manager {
namespace {

constexpr std::string_view kRemoved = "[removed]";
constexpr std::string_view kTruncated = "truncated";

struct Replacement {
  std::string clear;
  std::string shown;
};

bool is_word(std::string_view text, std::size_t at) {
  if (at >= text.size()) return false;
  const auto c = static_cast<unsigned char>(text[at]);
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '-' ||
         c >= 0x80;
}

/// A dot between letters is of the word ("alice.smith", "192.0.2.1"), at its end it is of the sentence.
bool goes_on_before(std::string_view text, std::size_t begin) {
  if (begin == 0) return false;
  return is_word(text, begin - 1) || (text[begin - 1] == '.' && begin > 1 && is_word(text, begin - 2));
}

bool goes_on_after(std::string_view text, std::size_t end) {
  return is_word(text, end) || (end < text.size() && text[end] == '.' && is_word(text, end + 1));
}

bool replace_words(std::string& text, const Replacement& replacement) {
  bool is_changed = false;
  for (std::size_t at = text.find(replacement.clear); at != std::string::npos;) {
    const std::size_t end = at + replacement.clear.size();
    if (goes_on_before(text, at) || goes_on_after(text, end)) {
      at = text.find(replacement.clear, at + 1);
      continue;
    }
    text.replace(at, replacement.clear.size(), replacement.shown);
    is_changed = true;
    at = text.find(replacement.clear, at + replacement.shown.size());
  }
  return is_changed;
}

/// A value that is off, or gets a pseudonym, and how it is to be shown elsewhere in the event.
void note(std::vector<Replacement>& replacements, const std::string& clear, std::string shown) {
  if (!clear.empty() && clear != shown) replacements.push_back({clear, std::move(shown)});
}

/// "alice-admin" before "alice".
void sort_longest_first(std::vector<Replacement>& replacements) {
  std::ranges::stable_sort(replacements, std::ranges::greater{},
                           [](const Replacement& each) { return each.clear.size(); });
}

/// Returns what was taken out.
std::vector<Replacement> treat_fields(Event& event, const CollectionRules& rules, ByteView key) {
  std::vector<Replacement> taken;
  std::erase_if(event.fields, [&](auto& field) {
    const Treatment treatment = rules.of(event.module, field.first);
    if (treatment == Treatment::Keep) return false;
    auto* const text = std::get_if<std::string>(&field.second);
    const EventField* const declared = find_event_field(field.first);
    if (treatment == Treatment::Off || text == nullptr) {
      if (text != nullptr && declared != nullptr && can_be_pseudonym(*declared))
        note(taken, *text, std::string{kRemoved});
      return true;
    }
    std::string shown = pseudonym_of(key, *text);
    note(taken, *text, shown);
    *text = std::move(shown);
    return false;
  });
  sort_longest_first(taken);
  return taken;
}

bool replace_in(std::string& text, std::span<const Replacement> replacements) {
  bool is_changed = false;
  for (const Replacement& replacement : replacements) is_changed = replace_words(text, replacement) || is_changed;
  return is_changed;
}

/// In every field about people.
bool replace_all(Event& event, std::span<const Replacement> replacements) {
  bool is_changed = false;
  bool is_cut = false;
  for (auto& [key, value] : event.fields) {
    auto* const text = std::get_if<std::string>(&value);
    const EventField* const declared = find_event_field(key);
    if (text == nullptr || (declared != nullptr && declared->personal_data == PersonalData::None)) continue;
    is_changed = replace_in(*text, replacements) || is_changed;
    if (text->size() <= kMaxEventTextBytes) continue;
    text->resize(cut_utf8(*text, kMaxEventTextBytes).size());
    is_cut = true;
  }
  if (is_cut && event.fields.size() < kMaxEventFields) event.set(kTruncated, true);
  return is_changed;
}

}  // namespace

void treat(Event& event, const CollectionRules& rules, ByteView pseudonym_key) {
  if (!rules.has(event.module)) return;
  replace_all(event, treat_fields(event, rules, pseudonym_key));
}

bool take_out(Event& event, std::span<const std::string> values) {
  std::vector<Replacement> taken;
  for (const std::string& value : values) note(taken, value, std::string{kRemoved});
  sort_longest_first(taken);
  return replace_all(event, taken);
}

}  // namespace warder::manager
