package io.berth.jobs.engine;

import java.security.SecureRandom;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLContextSpi;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;

/**
 * What the transport is given for TLS, which neither {@code unix:} nor {@code tcp:} addresses have.
 * Without it the transport reads all certificates that the host trusts at the start, which takes
 * longer than all else it does, and keeps them.
 */
final class NoTls extends SSLContext {

  NoTls() {
    super(new None(), null, "none"); // nobody's: no provider is asked
  }

  private static final class None extends SSLContextSpi {

    private static UnsupportedOperationException unsupported() {
      return new UnsupportedOperationException("Engines are not asked by TLS");
    }

    @Override
    protected void engineInit(KeyManager[] keys, TrustManager[] trusted, SecureRandom random) {
      throw unsupported();
    }

    @Override
    protected SSLSocketFactory engineGetSocketFactory() {
      throw unsupported();
    }

    @Override
    protected SSLServerSocketFactory engineGetServerSocketFactory() {
      throw unsupported();
    }

    @Override
    protected SSLEngine engineCreateSSLEngine() {
      throw unsupported();
    }

    @Override
    protected SSLEngine engineCreateSSLEngine(String host, int port) {
      throw unsupported();
    }

    @Override
    protected SSLSessionContext engineGetServerSessionContext() {
      throw unsupported();
    }

    @Override
    protected SSLSessionContext engineGetClientSessionContext() {
      throw unsupported();
    }
  }
}
