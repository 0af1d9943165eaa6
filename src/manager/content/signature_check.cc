#include <algorithm>

#include "base/file.h"
#include "base/json.h"
#include "base/process.h"
#include "base/text.h"
#include "engines/antimalware/hash_index.h"
#include "manager/content/signatures.h"
#include "scanner/client.h"

namespace warder::manager {
namespace {

constexpr std::string_view kClamav =
    " cvd cld cud db hdb hdu hsb hsu mdb mdu msb msu ndb ndu ldb ldu sdb cdb crb fp sfp pdb gdb wdb ftm ign ign2 idb "
    "imp cbc pwdb ";
constexpr std::string_view kYara = " yar yara ";
constexpr std::string_view kLists = " whx sha256 sha1 md5 hashes tlsh stix ";
constexpr std::size_t kMaxIndexHead = 64U << 20U;

std::string extension_of(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return {};
  return to_lower_ascii(name.substr(dot + 1));
}

bool is_one_of(std::string_view extension, std::string_view list) {
  return !extension.empty() && list.find(' ' + std::string(extension) + ' ') != std::string_view::npos;
}

// Where the file lay while it was looked at is nobody's business, and another place each time.
std::string without_folder(std::string_view text, const std::filesystem::path& file) {
  std::string clean(trim(text));
  const std::string folder = file.parent_path().string() + '/';
  for (std::size_t at = 0; (at = clean.find(folder, at)) != std::string::npos;) clean.erase(at, folder.size());
  const std::string name = file.filename().string();
  return clean.find(name) == std::string::npos ? name + ": " + clean : clean;
}

Result<SignatureFacts> check_index(const std::filesystem::path& file) {
  const std::string text = WD_TRY(read_file(file, kMaxIndexHead));
  WD_TRY(antimalware::HashIndex::open(as_bytes(text)).in(file.filename().string()));
  return SignatureFacts{};
}

}  // namespace

bool is_signature_name(std::string_view name) {
  const std::string extension = extension_of(name);
  return is_one_of(extension, kClamav) || is_one_of(extension, kYara) || is_one_of(extension, kLists) ||
         name.ends_with(".stix.json");
}

Result<SignatureFacts> check_signature_file(const std::filesystem::path& file) {
  const std::string name = file.filename().string();
  const std::string extension = extension_of(name);
  if (extension == "whx") {
    auto checked = check_index(file);
    if (!checked) return fail(ErrorCode::Invalid, checked.error().message);
    return checked;
  }
  if (!is_one_of(extension, kClamav) && !is_one_of(extension, kYara)) return SignatureFacts{};
  const auto program = scanner::find_scanner();
  if (!program) return fail(ErrorCode::Unavailable, program.error().message);
  ProcessOptions options;
  options.timeout = std::chrono::minutes(5);
  const ProcessOutput output = WD_TRY(run_process({program->string(), "--check", file.string()}, options));
  if (output.exit_code != 0) return fail(ErrorCode::Invalid, without_folder(output.err, file));
  const json::value facts = WD_TRY(parse_json(output.out).in("warder-scanner --check"));
  if (!facts.is_object()) return fail(ErrorCode::Internal, "warder-scanner --check: no object");
  const std::int64_t made = get_int(facts.get_object(), "made_s").value_or(0);
  SignatureFacts result{std::nullopt, get_int(facts.get_object(), "version").value_or(0)};
  if (made > 0) result.made = Timestamp(std::chrono::seconds(made));
  return result;
}

}  // namespace warder::manager
