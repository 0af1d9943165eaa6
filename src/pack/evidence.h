// A bundle of evidence: files, a manifest with their SHA-256 and who had them when, and a signature of the manifest.
// One JSON document, so that any tool can open it; checked without a manager.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/signed_note.h"

namespace warder::pack {

inline constexpr std::size_t kMaxEvidenceBytes = 64 << 20;  // of a bundle as text

struct EvidenceFile {
  std::string name;
  std::string content;
};

/// What is signed: a note's text that names the manifest by its SHA-256.
std::string evidence_note_text(std::string_view manifest);

/// The manifest of files: `about` with "files": [{"name", "bytes", "sha256"}], as canonical JSON.
std::string evidence_manifest(boost::json::object about, const std::vector<EvidenceFile>& files);
/// `note` is evidence_note_text(manifest), signed.
std::string evidence_bundle(std::string_view manifest, std::string_view note, std::string_view key,
                            const std::vector<EvidenceFile>& files);

struct EvidenceCheck {
  std::string key;       // the key's text: what the reader compares with what the manager says
  std::string manifest;  // canonical JSON
  std::size_t files = 0;
};

/// Invalid, naming the file, when a byte of a file, of the manifest or of the signature is not what was signed, a file
/// is missing or there is one more. Without `trusted` the key that the bundle brings is believed: that shows damage,
/// not forgery.
Result<EvidenceCheck> check_evidence(std::string_view bundle, const crypto::NoteKey* trusted);

}  // namespace warder::pack
