// Mails as text (RFC 5322): what is put in can be anything, what comes out has the headers that were meant and no
// other.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace warder::manager {

struct Mail {
  std::string id;  // without '<' and '>': the Message-ID's left side; the same for the same notice
  std::string from;
  std::vector<std::string> to;
  std::string subject;  // one line of UTF-8
  std::string body;     // lines of UTF-8
  std::string language = "en";
  Timestamp time{};
};

/// Lines that end in CRLF, ASCII only: RFC 2047 in the subject, base64 in the body. Whatever looks like a secret is
/// taken out of both, and line ends and control characters out of the subject. Invalid for an address that is none.
Result<std::string> compose_mail(const Mail& mail);

/// "name@domain" of RFC 5321 in ASCII, without quotes, comments or display name.
Result<void> check_mail_address(std::string_view address);

/// A header's text as RFC 2047 has it: as it is when it is short ASCII, else in words of at most 75 bytes on lines of
/// their own.
std::string encode_header_text(std::string_view text);

}  // namespace warder::manager
