// System headers that Glibc's module map lacks, and the one function that its headers hide without _GNU_SOURCE
// (which cannot be defined here: the same headers are part of Glibc's own module). Holds no code of its own.
#pragma once
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <netinet/tcp.h>

int accept4(int socket, struct sockaddr *address, socklen_t *length, int flags);
