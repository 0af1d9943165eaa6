// HTTP/1, by libhtp: the parser that knows how servers and clients really read it.
#pragma once

#include "engines/ips/app/parser.h"

namespace warder::ips::app {

ParserInfo http1_parser();

}  // namespace warder::ips::app
