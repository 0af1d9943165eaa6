// A stranger's file before the scanner that hosts have, with YARA rules of one's own and the tenant's signatures.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/json.h"
#include "manager/content/signatures.h"

namespace warder::manager {

struct FileTrial {
  std::string name;             // as rules see it
  bool with_signatures = true;  // the tenant's own that are not too large for the manager
  std::string_view rules;       // YARA
  ByteView file;
};

/// By `warder-scanner --try`, which gives up everything before it reads a byte of rules, signatures or the file. In the
/// form of api/openapi.yaml#FileTrialResult. Unavailable when the program is not there or cannot be shut in.
Result<json::object> try_file(Signatures& signatures, const TenantScope& scope, const FileTrial& trial);

}  // namespace warder::manager
