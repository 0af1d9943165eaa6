if(NOT TARGET warder_gateway OR NOT TARGET warder_routes)
  return()
endif()
warder_program(warder-manager
  SOURCES main.cc config.cc installation.cc serve.cc
  DEPS base model crypto pack host host_linux store tenancy audit identity policies events content fleet net api routes gateway
  LINK CLI11::CLI11)
