import java.io.InputStream;
import java.io.OutputStream;
import java.security.Key;
import java.security.KeyStoreSpi;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Security;
import java.security.cert.Certificate;
import java.util.Collections;
import java.util.Date;
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.Map;

/** A stand-in for Android's key store of trusted roots, with the certificates that a test adds. */
public final class AndroidCAStore extends KeyStoreSpi {
    private static final Map<String, byte[]> ROOTS = new LinkedHashMap<>();

    public static void main(String[] arguments) {
        Security.addProvider(new Roots());
        ROOTS.put("system:00673b5b.0", new byte[] {1});
        ROOTS.put("user:5ed36f99.0", new byte[] {2, -1});
        ROOTS.put("user:broken.0", new byte[0]);
        ROOTS.put("user:removed.0", null);
        for (int index = 0; index < 10_000; index++) {
            ROOTS.put("user:" + index, new byte[] {3});
        }
    }

    private static final class Roots extends Provider {
        Roots() {
            super("Roots", "1", "Roots for a test");
            put("KeyStore.AndroidCAStore", AndroidCAStore.class.getName());
        }
    }

    private static final class Root extends Certificate {
        private final byte[] bytes;

        Root(byte[] bytes) {
            super("test");
            this.bytes = bytes;
        }

        @Override
        public byte[] getEncoded() {
            if (bytes.length == 0) {
                throw new IllegalStateException("broken");
            }
            return bytes;
        }

        @Override
        public void verify(PublicKey key) {}

        @Override
        public void verify(PublicKey key, String provider) {}

        @Override
        public String toString() {
            return "";
        }

        @Override
        public PublicKey getPublicKey() {
            return null;
        }
    }

    @Override
    public Enumeration<String> engineAliases() {
        return Collections.enumeration(ROOTS.keySet());
    }

    @Override
    public Certificate engineGetCertificate(String alias) {
        byte[] bytes = ROOTS.get(alias);
        return bytes == null ? null : new Root(bytes);
    }

    @Override
    public void engineLoad(InputStream stream, char[] password) {}

    @Override
    public int engineSize() {
        return ROOTS.size();
    }

    @Override
    public boolean engineContainsAlias(String alias) {
        return ROOTS.containsKey(alias);
    }

    @Override
    public Key engineGetKey(String alias, char[] password) {
        return null;
    }

    @Override
    public Certificate[] engineGetCertificateChain(String alias) {
        return null;
    }

    @Override
    public Date engineGetCreationDate(String alias) {
        return null;
    }

    @Override
    public void engineSetKeyEntry(String alias, Key key, char[] password, Certificate[] chain) {}

    @Override
    public void engineSetKeyEntry(String alias, byte[] key, Certificate[] chain) {}

    @Override
    public void engineSetCertificateEntry(String alias, Certificate certificate) {}

    @Override
    public void engineDeleteEntry(String alias) {}

    @Override
    public boolean engineIsKeyEntry(String alias) {
        return false;
    }

    @Override
    public boolean engineIsCertificateEntry(String alias) {
        return true;
    }

    @Override
    public String engineGetCertificateAlias(Certificate certificate) {
        return null;
    }

    @Override
    public void engineStore(OutputStream stream, char[] password) {}
}
