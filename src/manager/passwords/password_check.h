// Whether a password may be taken: all rules that look at the password itself. Ages, history and locks are the business
// of who stores it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/password_list.h"
#include "manager/passwords/common_words.h"
#include "manager/passwords/personal_words.h"
#include "manager/passwords/rules.h"

namespace warder::manager {

/// What passwords are held against; loaded once. Thread-safe.
struct KnownWords {
  CommonWords common;
  NameReadings names;
  std::vector<crypto::PasswordList> breached;

  /// common.txt, names-ja.txt and every *.list of the folder; what is missing is empty. Invalid or Corrupt, with the
  /// file's name, for one that cannot be read.
  static Result<KnownWords> load(const std::filesystem::path& folder);
};

/// Every rule that the password breaks, in words that can be shown to who chose it; empty: it may be taken.
/// `personal`: names, addresses and the like of the user and the tenant.
std::vector<std::string> broken_rules(const PasswordRules& rules, std::string_view password,
                                      const std::vector<std::string>& personal, const KnownWords& known);

}  // namespace warder::manager
