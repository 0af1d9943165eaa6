#include "manager/passwords/password_check.h"

#include <algorithm>

#include "base/file.h"
#include "base/text.h"
#include "manager/passwords/unicode.h"

namespace warder::manager {

namespace {

namespace fs = std::filesystem;

/// Always personal: what everybody here knows.
constexpr std::string_view kProduct = "warder";

Result<std::string> read_or_empty(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) return std::string();
  return read_file(path);
}

bool is_breached(const KnownWords& known, std::string_view password) {
  const std::string forms[] = {std::string(password), nfkc(password), folded(password)};
  return std::ranges::any_of(known.breached, [&](const crypto::PasswordList& list) {
    return std::ranges::any_of(forms, [&](const std::string& form) { return list.contains(form); });
  });
}

bool is_personal(const KnownWords& known, std::string_view password, const std::vector<std::string>& personal) {
  PersonalWords words(known.names);
  words.add(kProduct);
  for (const std::string& text : personal) words.add(text);
  return words.are_in(password);
}

std::vector<std::string> broken_forms(const PasswordRules& rules, std::string_view password) {
  std::vector<std::string> broken;
  const std::string text = nfkc(password);
  const CharacterKinds kinds = kinds_of(text);
  if (count_characters(text) < static_cast<std::size_t>(rules.min_length))
    broken.push_back("a password has at least " + std::to_string(rules.min_length) + " characters");
  if (rules.letters_and_digits && !(kinds.has_letter && kinds.has_digit))
    broken.emplace_back("a password has letters and digits");
  if (rules.both_cases && !(kinds.has_upper && kinds.has_lower))
    broken.emplace_back("a password has upper and lower case letters");
  return broken;
}

}  // namespace

Result<KnownWords> KnownWords::load(const fs::path& folder) {
  KnownWords known;
  known.common = WD_TRY(CommonWords::parse(WD_TRY(read_or_empty(folder / "common.txt"))).in("common.txt"));
  known.names = WD_TRY(NameReadings::parse(WD_TRY(read_or_empty(folder / "names-ja.txt"))).in("names-ja.txt"));
  std::error_code error;
  std::vector<fs::path> lists;
  for (fs::directory_iterator at(folder, error); !error && at != fs::directory_iterator(); at.increment(error))
    if (at->path().extension() == ".list") lists.push_back(at->path());
  std::ranges::sort(lists);
  for (const fs::path& list : lists) known.breached.push_back(WD_TRY(crypto::PasswordList::open(list)));
  return known;
}

std::vector<std::string> broken_rules(const PasswordRules& rules, std::string_view password,
                                      const std::vector<std::string>& personal, const KnownWords& known) {
  // What is too long or not text is not looked at any further: the other checks cost more the longer it is.
  if (password.size() > static_cast<std::size_t>(rules.max_length))
    return {"a password has at most " + std::to_string(rules.max_length) + " bytes"};
  if (!is_utf8(password)) return {"not valid UTF-8"};
  std::vector<std::string> broken = broken_forms(rules, password);
  if (rules.no_personal_words && is_personal(known, password, personal))
    broken.emplace_back("a password has no names or addresses in it, of the user, the tenant or the product");
  if (rules.no_known_passwords && (known.common.make_up(password) || is_breached(known, password)))
    broken.emplace_back("others have used this password: it is on lists of passwords that are tried first");
  return broken;
}

}  // namespace warder::manager
