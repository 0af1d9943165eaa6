#include "manager/trust/commitment.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/file.h"
#include "base/text.h"
#include "base/time.h"

namespace warder::manager {
namespace {

constexpr std::array<std::string_view, 4> kKinds = {"technical", "organisational", "both", "statement"};
constexpr std::array<std::string_view, 17> kKeys = {
    "id",   "unmeasured", "kind",     "art32", "en",     "ja",    "pci",        "iso",          "gdpr",
    "asvs", "checks",     "evidence", "fresh", "public", "owner", "supersedes", "superseded_by"};

constexpr std::array<std::string_view, 4> kArt32 = {"a", "b", "c", "d"};
constexpr std::array<std::string_view, 4> kUnmeasured = {"", "absent", "build", "people"};

struct Standard {
  const char* key;
  std::string_view title;
};
constexpr std::array<Standard, 4> kStandards = {
    {{"pci", "PCI DSS 4.0.1"}, {"iso", "ISO/IEC 27001:2022"}, {"gdpr", "GDPR"}, {"asvs", "ASVS 5.0"}}};

std::string text_at(const YAML::Node& row, const char* key) {
  return row[key] ? row[key].as<std::string>() : std::string();
}

Result<CommitmentKind> parse_kind(std::string_view text) {
  for (std::size_t i = 0; i < kKinds.size(); ++i)
    if (kKinds.at(i) == text) return static_cast<CommitmentKind>(i);
  return fail(ErrorCode::Invalid, "kind: there is no kind '" + std::string(text) + "'");
}

Result<void> check_keys(const YAML::Node& row) {
  for (const auto& entry : row) {
    const auto key = entry.first.as<std::string>();
    if (std::ranges::find(kKeys, key) == kKeys.end()) return fail(ErrorCode::Invalid, "unknown key '" + key + "'");
  }
  return {};
}

bool is_identifier(std::string_view text) noexcept {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return is_letter(text.front()) && std::ranges::all_of(text, [&](char c) {
           return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
         });
}

/// The page, the events and the documents of OSCAL name promises by their ids and have the texts as titles.
Result<void> check_texts(const Commitment& row) {
  for (const std::string* text : {&row.id, &row.en, &row.ja, &row.owner})
    if (text->empty()) return fail(ErrorCode::Invalid, "id, en, ja and owner are needed");
  if (!is_identifier(row.id))
    return fail(ErrorCode::Invalid, "id: is of letters, digits, '.', '_', '-', a letter first");
  std::vector<std::string_view> texts(row.controls.begin(), row.controls.end());
  texts.insert(texts.end(), {row.en, row.ja, row.owner});
  for (const std::string_view text : texts)
    if (text != trim(text) || text.find_first_of("\r\n") != std::string_view::npos)
      return fail(ErrorCode::Invalid, "a text is one line without spaces around it, not '" + std::string(text) + "'");
  return {};
}

Result<void> check_whole(const Commitment& row, const YAML::Node& yaml) {
  WD_TRY(check_texts(row));
  if (row.needs_checks() != yaml["checks"].IsDefined())
    return fail(ErrorCode::Invalid, "checks: are for what is technical");
  if (!row.unmeasured.empty() && !row.checks.empty())
    return fail(ErrorCode::Invalid, "unmeasured: is for what has no check");
  if (std::ranges::find(kUnmeasured, row.unmeasured) == kUnmeasured.end())
    return fail(ErrorCode::Invalid, "unmeasured: is no reason: '" + row.unmeasured + "'");
  if (row.needs_evidence() != row.evidence_life.has_value())
    return fail(ErrorCode::Invalid, "evidence: is for what is organisational");
  for (const std::string& letter : row.art32)
    if (std::ranges::find(kArt32, letter) == kArt32.end() || row.kind == CommitmentKind::Statement)
      return fail(ErrorCode::Invalid, "art32: are letters of Art. 32(1), for what is no statement");
  if (row.supersedes.empty() != row.superseded_by.empty())
    return fail(ErrorCode::Invalid, "supersedes and superseded_by belong together");
  return {};
}

Result<Commitment> read_row(std::string_view section, const YAML::Node& yaml) {
  WD_TRY(check_keys(yaml));
  Commitment row;
  row.id = text_at(yaml, "id");
  row.section = section;
  row.kind = WD_TRY(parse_kind(text_at(yaml, "kind")));
  row.en = text_at(yaml, "en");
  row.ja = text_at(yaml, "ja");
  for (const Standard& standard : kStandards)
    for (const YAML::Node& number : yaml[standard.key])
      row.controls.push_back(std::string(standard.title) + ": " + number.as<std::string>());
  for (const YAML::Node& letter : yaml["art32"]) row.art32.push_back(letter.as<std::string>());
  for (const YAML::Node& check : yaml["checks"]) row.checks.push_back(check.as<std::string>());
  row.unmeasured = text_at(yaml, "unmeasured");
  if (yaml["fresh"]) row.fresh = WD_TRY(parse_duration(text_at(yaml, "fresh")).in("fresh"));
  if (yaml["evidence"]) {
    const auto life = WD_TRY(parse_duration(text_at(yaml, "evidence")).in("evidence"));
    row.evidence_life = std::chrono::duration_cast<std::chrono::days>(life);
  }
  row.shows_ratio = text_at(yaml, "public") == "ratio";
  row.owner = text_at(yaml, "owner");
  row.supersedes = text_at(yaml, "supersedes");
  row.superseded_by = text_at(yaml, "superseded_by");
  WD_TRY(check_whole(row, yaml));
  return row;
}

}  // namespace

std::string_view name(CommitmentKind kind) noexcept {
  return kKinds.at(static_cast<std::size_t>(kind));
}

Result<std::vector<Commitment>> parse_commitments(std::string_view section, std::string_view yaml) {
  std::vector<Commitment> rows;
  try {
    const YAML::Node all = YAML::Load(std::string(yaml));
    if (!all.IsSequence()) return fail(ErrorCode::Invalid, "is no list");
    for (const YAML::Node& row : all) {
      if (!row.IsMap()) return fail(ErrorCode::Invalid, "a row is no mapping");
      rows.push_back(WD_TRY(read_row(section, row).in(text_at(row, "id"))));
    }
  } catch (const YAML::Exception& error) {
    return fail(ErrorCode::Invalid, std::string("YAML: ") + error.what());
  }
  return rows;
}

Result<std::vector<Commitment>> load_commitments(const std::filesystem::path& folder) {
  std::vector<Commitment> all;
  std::set<std::string> ids;
  for (const std::string_view section : kTrustSections) {
    const auto file = folder / (std::string(section) + ".yaml");
    for (Commitment& row : WD_TRY(parse_commitments(section, WD_TRY(read_file(file))).in(file.string()))) {
      if (!ids.insert(row.id).second)
        return fail(ErrorCode::Invalid, file.string() + ": " + row.id + " is there twice");
      all.push_back(std::move(row));
    }
  }
  return all;
}

}  // namespace warder::manager
