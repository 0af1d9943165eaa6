// The signatures in force on this host, as one folder that the scanner loads: those that came with the agent, those of
// content packs whose names begin with "antimalware", the set of large files that the manager published, and folders of
// the host itself.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace warder::agent {

struct SignatureFolder {
  std::filesystem::path folder;  // for ScannerOptions::signatures and Indicators::load
  std::string version;           // 64 hexadecimal digits: the same for the same files, another for others
  std::optional<Timestamp>
      made;  // of what the manager published last, or else of the newest ClamAV database of the host
  std::size_t files = 0;
};

struct SignatureSources {
  std::filesystem::path content;  // ModuleContext::content_directory
  std::filesystem::path share;    // ModuleContext::share_directory; its folder antimalware/ is taken
  std::filesystem::path state;    // the module's own: state/signatures/<version>/ is made there, of links
  std::vector<std::filesystem::path> folders = {};  // of the host itself; those that are not there are left out
};

/// Makes the folder of what is active now, complete before it appears, and leaves the ones made earlier as they are: a
/// scanner that has loaded them goes on. Call it in Module::configure, which is called when packs change, and compare
/// `version`. Other files than signatures are left out.
Result<SignatureFolder> make_signature_folder(const SignatureSources& sources);

/// Removes the folders of all other versions; call it when the scanner has taken over the new one.
void remove_other_signature_folders(const SignatureSources& sources, const std::string& version);

/// What the age means: how old they are, and whether that is more than the policy allows. Where nothing has an age,
/// nothing is too old.
struct SignatureAge {
  std::optional<std::chrono::hours> age;
  bool is_too_old = false;
};
SignatureAge signature_age(const SignatureFolder& signatures, Timestamp now, std::chrono::hours most);

}  // namespace warder::agent
