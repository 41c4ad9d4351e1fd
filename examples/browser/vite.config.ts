import nogil from 'nogil/vite';
import { defineConfig } from 'vite';

export default defineConfig({ plugins: [nogil()] });
