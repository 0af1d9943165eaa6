// warder login --sso: a token for whom an identity provider has proven, in the browser.
#pragma once

#include <string>

#include "base/json.h"
#include "cli/session.h"

namespace warder::cli {

struct SsoChoice {
  std::string provider;     // "Example", "acme/Example": of the first tenant, or of another
  std::string ticket_file;  // the ticket, carried over from the browser; empty: the browser hands it over
  bool is_pasted = false;   // asks for the ticket on the terminal
  std::string code_file;    // of the second factor
};

/// The manager's answer, which has the token. NotFound when the tenant has no such provider in use.
Result<json::value> log_in_by_sso(Session& session, const Credentials& where, const SsoChoice& choice);

}  // namespace warder::cli
