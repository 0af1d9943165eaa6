#include "pack/evidence.h"

#include <map>

#include "base/bytes.h"
#include "base/json.h"
#include "crypto/hash.h"

namespace warder::pack {
namespace {

constexpr std::string_view kFormat = "warder-evidence-1";

std::string digest_of(std::string_view content) {
  return to_hex(crypto::sha256(as_bytes(content)));
}

struct Listed {
  std::int64_t bytes = 0;
  std::string sha256;
};

Result<std::map<std::string, Listed>> listed_files(const std::string& manifest) {
  const json::value value = WD_TRY(parse_json(manifest, kMaxEvidenceBytes).in("manifest"));
  if (!value.is_object()) return fail(ErrorCode::Invalid, "manifest: is no object");
  std::map<std::string, Listed> listed;
  for (const json::value& each : *WD_TRY(get_array(value.get_object(), "files"))) {
    if (!each.is_object()) return fail(ErrorCode::Invalid, "manifest: a file is no object");
    const json::object& file = each.get_object();
    const std::string name(WD_TRY(get_string(file, "name")));
    const Listed entry{WD_TRY(get_int(file, "bytes")), std::string(WD_TRY(get_string(file, "sha256")))};
    if (!listed.emplace(name, entry).second) return fail(ErrorCode::Invalid, "manifest: names " + name + " twice");
  }
  return listed;
}

/// Takes the file from `listed`.
Result<void> check_file(const json::value& value, std::map<std::string, Listed>& listed) {
  if (!value.is_object()) return fail(ErrorCode::Invalid, "a file is no object");
  const std::string name(WD_TRY(get_string(value.get_object(), "name")));
  const auto found = listed.find(name);
  if (found == listed.end()) return fail(ErrorCode::Invalid, name + ": is not in the manifest, or is there twice");
  const auto content = from_base64(WD_TRY(get_string(value.get_object(), "content")));
  if (!content) return fail(ErrorCode::Invalid, name + ": is no base64");
  const std::string_view text = as_text(*content);
  if (static_cast<std::int64_t>(text.size()) != found->second.bytes || digest_of(text) != found->second.sha256)
    return fail(ErrorCode::Invalid, name + ": is not what was signed");
  listed.erase(found);
  return {};
}

}  // namespace

std::string evidence_note_text(std::string_view manifest) {
  return "warder evidence\n" + digest_of(manifest) + "\n";
}

std::string evidence_manifest(json::object about, const std::vector<EvidenceFile>& files) {
  json::array list;
  for (const EvidenceFile& file : files) {
    list.push_back(json::object{{"name", file.name},
                                {"bytes", static_cast<std::int64_t>(file.content.size())},
                                {"sha256", digest_of(file.content)}});
  }
  about["files"] = std::move(list);
  return canonical_json(about);
}

std::string evidence_bundle(std::string_view manifest, std::string_view note, std::string_view key,
                            const std::vector<EvidenceFile>& files) {
  json::array list;
  for (const EvidenceFile& file : files)
    list.push_back(json::object{{"name", file.name}, {"content", to_base64(as_bytes(file.content))}});
  return json::serialize(json::object{
      {"format", kFormat}, {"manifest", manifest}, {"signature", note}, {"key", key}, {"files", std::move(list)}});
}

Result<EvidenceCheck> check_evidence(std::string_view bundle, const crypto::NoteKey* trusted) {
  const json::value value = WD_TRY(parse_json(bundle, kMaxEvidenceBytes).in("bundle"));
  if (!value.is_object()) return fail(ErrorCode::Invalid, "bundle: is no object");
  const json::object& object = value.get_object();
  if (WD_TRY(get_string(object, "format")) != kFormat) return fail(ErrorCode::Invalid, "bundle: of another format");
  EvidenceCheck check;
  check.key = std::string(WD_TRY(get_string(object, "key")));
  check.manifest = std::string(WD_TRY(get_string(object, "manifest")));
  const crypto::NoteKey key = trusted != nullptr ? *trusted : WD_TRY(crypto::NoteKey::parse(check.key).in("key"));
  const std::string text = WD_TRY(crypto::open_note(WD_TRY(get_string(object, "signature")), key).in("signature"));
  if (text != evidence_note_text(check.manifest)) return fail(ErrorCode::Invalid, "manifest: is not what was signed");
  auto listed = WD_TRY(listed_files(check.manifest));
  check.files = listed.size();
  for (const json::value& file : *WD_TRY(get_array(object, "files"))) WD_TRY(check_file(file, listed));
  if (!listed.empty()) return fail(ErrorCode::Invalid, listed.begin()->first + ": is missing");
  return check;
}

}  // namespace warder::pack
