#!/bin/sh
# The folder that nginx works in may be empty at each start, and the only one it may write to.
set -eu
ln -sfn /etc/nginx/edge /run/edge/edge
ln -sfn /etc/nginx/site /run/edge/site
ln -sfn /usr/share/webapp /run/edge/webapp
